package worker

import "testing"

func TestTheHighWaterMarkIsReadInBytes(t *testing.T) {
	equal(t, highWaterMark("VmPeak:\t 9 kB\nVmHWM:\t    1204 kB\n"), 1204*1024)
	equal(t, highWaterMark("VmPeak:\t 9 kB\n"), 0)
}
