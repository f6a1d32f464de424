package worker

import (
	"runtime"
	"sync"
	"time"

	"github.com/esteira/esteira/sdk/go/model"
)

// measured runs a function and adds up the CPU time of its goroutine: the goroutine keeps one thread for itself until the
// function ends. Go counts no CPU time of goroutines, so what the function hands to other goroutines is not seen.
func measured(usage *model.Usage, run func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun, cpu := time.Now(), threadCPUTime()
	defer func() {
		usage.WallTime, usage.CPUTime = time.Since(begun), threadCPUTime()-cpu
	}()
	run()
}

// peakMemory reads the peak of the process at most once a second.
type peakMemory struct {
	mutex sync.Mutex
	read  time.Time
	last  int64
}

func (p *peakMemory) bytes() int64 {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if time.Since(p.read) >= time.Second {
		p.read, p.last = time.Now(), peakRSSBytes()
	}
	return p.last
}
