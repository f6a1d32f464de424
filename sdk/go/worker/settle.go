package worker

import (
	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Report calls in a row that may fail without saying why, before the reports in them are taken apart.
const unsureMax = 5

// settle ends each report by the outcome of its lease.
func (d *dispatcher) settle(letters []letter, outcomes []*esteirav1.ReportOutcome) {
	byToken := map[string]*esteirav1.ReportOutcome{}
	for _, outcome := range outcomes {
		byToken[outcome.GetLeaseToken()] = outcome
	}
	for _, letter := range letters {
		outcome := byToken[letter.token()]
		switch reason := outcome.GetErrorReason(); {
		case outcome == nil:
			d.log.Error("a report was answered without an outcome and is dropped")
			d.heartbeats.forget(letter.token())
		case reason == "":
			d.heartbeats.forget(letter.token())
		case reason == "LEASE_LOST", reason == "RESULT_CONFLICT":
			d.log.Debug("result dropped: the task is not ours any more", "reason", reason)
			d.heartbeats.forget(letter.token())
		case reason == "STORE_UNAVAILABLE" && outcome.GetCapsuleWanted() && letter.lacksCapsule():
			// At once: this coordinator can keep it, and only the capsule was missing.
			d.outgoing.push(letter.withCapsule())
		case mayPass(reason):
			d.reportPause = unsurePause
			d.outgoing.push(letter)
		default:
			d.replace(letter, reason, outcome.GetErrorMessage())
		}
	}
}

// mayPass says whether the same report can be taken later.
func mayPass(reason string) bool { return reason == "STORE_UNAVAILABLE" || reason == "OVERLOADED" }

// onReportRefused: the call as a whole was refused: find the report that is to blame.
func (d *dispatcher) onReportRefused(letters []letter, err error) {
	d.log.Warn("report refused", "code", status.Code(err), "message", err, "reports", len(letters))
	if code := status.Code(err); code == codes.Unauthenticated || code == codes.PermissionDenied {
		for _, letter := range letters {
			d.heartbeats.forget(letter.token())
		}
		d.fail(err)
		return
	}
	if isUnsure(err) && d.unsure < unsureMax {
		d.unsure++
		d.reportPause = unsurePause
		d.outgoing.putBack(letters)
		return
	}
	d.unsure = 0
	if len(letters) > 1 {
		for i := range letters {
			letters[i].alone = true
		}
		d.outgoing.putBack(letters)
		return
	}
	d.replace(letters[0], transport.Reason(err), status.Convert(err).Message())
}

// replace: the lease stays: report a failure in place of the result, once.
func (d *dispatcher) replace(letter letter, reason, message string) {
	if letter.replaced {
		d.log.Error("a report was refused twice and is dropped; the task runs again when its lease runs out",
			"reason", reason, "message", message)
		d.heartbeats.forget(letter.token())
		return
	}
	d.log.Warn("result refused; a failure is reported instead", "reason", reason, "message", message)
	d.outgoing.push(letter.replace(refused(reason, message)))
}
