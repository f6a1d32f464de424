package worker

// slots count how many tasks may still start: each slot is free, runs a function, or is promised to a request that is
// under way. That keeps a worker from leasing what it cannot run.
type slots struct {
	total    int
	running  int
	polled   int
	reported int
}

// free slots are neither used nor promised.
func (s *slots) free() int { return max(0, s.total-s.running-s.polled-s.reported) }

// promiseToPoll promises up to most free slots to the poll; says how many.
func (s *slots) promiseToPoll(most int) int {
	s.polled = min(s.free(), most)
	return s.polled
}

// promiseToReport promises up to most free slots to the report; says how many.
func (s *slots) promiseToReport(most int) int {
	s.reported = min(s.free(), most)
	return s.reported
}

func (s *slots) pollAnswered()   { s.polled = 0 }
func (s *slots) reportAnswered() { s.reported = 0 }

// start uses a free slot; false when there is none.
func (s *slots) start() bool {
	if s.free() == 0 {
		return false
	}
	s.running++
	return true
}

func (s *slots) end() { s.running = max(0, s.running-1) }
