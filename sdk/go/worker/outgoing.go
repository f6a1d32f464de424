package worker

import (
	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"google.golang.org/protobuf/proto"
)

// letter is one report on its way.
type letter struct {
	report *esteirav1.TaskReport
	// capsule is the lease's, until it is wanted.
	capsule []byte
	// kept: its lease is kept until it is answered; a task that never started has none to keep.
	kept bool
	// alone: a call with several reports was refused as a whole: this one is sent by itself.
	alone bool
	// replaced: the coordinator did not take the result; this is the failure that takes its place.
	replaced bool
}

func (l letter) token() string { return l.report.GetLeaseToken() }

// withoutResult is the report of a task that did not start, or that is given up.
func withoutResult(token string, outcome outcome) letter {
	report := &esteirav1.TaskReport{LeaseToken: token}
	outcome(report)
	return letter{report: report}
}

// replace is the same lease with a failure instead of what was refused.
func (l letter) replace(outcome outcome) letter {
	report := proto.CloneOf(l.report)
	outcome(report)
	l.report, l.replaced = report, true
	return l
}

// lacksCapsule says whether the lease has a capsule that the report does not carry yet.
func (l letter) lacksCapsule() bool { return len(l.report.GetCapsule()) == 0 && len(l.capsule) > 0 }

// withCapsule is the same report with the lease's capsule, for a coordinator without its database.
func (l letter) withCapsule() letter {
	if l.lacksCapsule() {
		l.report = proto.CloneOf(l.report)
		l.report.Capsule = l.capsule
	}
	return l
}

// outgoing are the reports that wait to be sent, oldest first.
type outgoing struct{ letters []letter }

func (o *outgoing) push(letter letter) { o.letters = append(o.letters, letter) }

// putBack puts letters that were not delivered back to the front.
func (o *outgoing) putBack(letters []letter) { o.letters = append(letters, o.letters...) }

func (o *outgoing) isEmpty() bool { return len(o.letters) == 0 }

// take takes what fits into one call: at least one, unless all of them are dropped because they are not wanted.
func (o *outgoing) take(limits limits, wanted func(letter) bool) []letter {
	kept := o.letters[:0:0]
	for _, letter := range o.letters {
		if wanted(letter) {
			kept = append(kept, letter)
		}
	}
	bytes, count := 0, 0
	for _, next := range kept {
		size := framedBytes(next.report)
		isFull := count == limits.reportsPerCall || bytes+size > limits.messageBytes
		isApart := count > 0 && (next.alone || kept[count-1].alone)
		if count > 0 && (isFull || isApart) {
			break
		}
		bytes += size
		count++
	}
	o.letters = kept[count:]
	return kept[:count:count]
}
