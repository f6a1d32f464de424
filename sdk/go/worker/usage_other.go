//go:build !linux

package worker

import "time"

// threadCPUTime is not measured on this system.
func threadCPUTime() time.Duration { return 0 }

// peakRSSBytes is not measured on this system.
func peakRSSBytes() int64 { return 0 }
