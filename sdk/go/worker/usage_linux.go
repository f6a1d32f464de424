package worker

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// threadCPUTime is the CPU time of the operating system's thread that asks.
func threadCPUTime() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now) != nil {
		return 0
	}
	return time.Duration(now.Nano())
}

// peakRSSBytes is the peak resident memory of the process.
func peakRSSBytes() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return highWaterMark(string(text))
}

func highWaterMark(text string) int64 {
	_, after, found := strings.Cut(text, "VmHWM:")
	line, _, _ := strings.Cut(after, "\n")
	kibibytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")), 10, 64)
	if !found || err != nil {
		return 0
	}
	return kibibytes * 1024
}
