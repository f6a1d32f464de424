package worker_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"github.com/esteira/esteira/sdk/go/worker"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

func spooling(dir string) func(*worker.Config) {
	return func(config *worker.Config) { config.SpoolDir, config.DeliveryGrace = dir, 50*time.Millisecond }
}

// spooled are the names of the files in a spool, oldest first.
func spooled(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// undelivered runs a worker whose result cannot be delivered, up to its end.
func undelivered(t *testing.T, dir string) {
	t.Helper()
	s := start(t, 1, echo(), spooling(dir))
	s.lease(leaseOf("token-1", "echo", `{"n":9007199254740993}`))
	s.reports.next()
	// The coordinator is gone for good.
	s.server.Stop()
	s.stop()
	equal(t, s.end(), nil)
}

func TestAResultThatCannotBeDeliveredIsKeptAndSentFirstByTheNextWorker(t *testing.T) {
	dir := t.TempDir()
	undelivered(t, dir)
	names := spooled(t, dir)
	equal(t, len(names), 1)
	equal(t, strings.HasSuffix(names[0], ".report") && len(names[0]) == 36+len(".report"), true)
	data, err := os.ReadFile(filepath.Join(dir, names[0]))
	if err != nil {
		t.Fatal(err)
	}
	line, body, _ := bytes.Cut(data, []byte("\n"))
	var header map[string]any
	if err := json.Unmarshal(line, &header); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(body)
	equal(t, header["format"], any("esteira.spool.v1"))
	equal(t, header["sha256"], any(hex.EncodeToString(digest[:])))
	equal(t, header["bytes"], any(float64(len(body))))
	if _, err := time.Parse(time.RFC3339Nano, header["created"].(string)); err != nil {
		t.Fatal(err)
	}
	equal(t, strings.HasPrefix(header["target"].(string), "http://127.0.0.1:"), true)
	var kept esteirav1.ReportTasksRequest
	if err := proto.Unmarshal(body, &kept); err != nil {
		t.Fatal(err)
	}
	equal(t, kept.GetReports()[0].GetCompleted().GetSingle().GetJson(), `{"n":9007199254740993}`)

	next := start(t, 1, echo(), spooling(dir))
	report := next.reports.next()
	next.polls.none()
	equal(t, report.raw, string(body))
	outcome := applied("token-1")
	outcome.AlreadyApplied = true
	report.answer(&esteirav1.ReportTasksResponse{Outcomes: []*esteirav1.ReportOutcome{outcome}})
	next.polls.next().lose()
	equal(t, len(spooled(t, dir)), 0)
}

func TestASpooledResultIsDroppedWithAFinalVerdictAndKeptWithoutOne(t *testing.T) {
	dir := t.TempDir()
	undelivered(t, dir)
	s := start(t, 1, echo(), spooling(dir))
	s.reports.next().answer(refused("token-1", "STORE_UNAVAILABLE"))
	s.polls.next().lose()
	equal(t, len(spooled(t, dir)), 1)
	s = start(t, 1, echo(), spooling(dir))
	s.reports.next().answer(refused("token-1", "LEASE_LOST"))
	s.polls.next().lose()
	equal(t, len(spooled(t, dir)), 0)
	undelivered(t, dir)
	s = start(t, 1, echo(), spooling(dir))
	s.reports.next().refuse(statusOf(t, codes.NotFound, "JOB_NOT_FOUND"))
	s.polls.next().lose()
	equal(t, len(spooled(t, dir)), 0)
}

func TestADamagedSpoolFileIsPutAside(t *testing.T) {
	dir := t.TempDir()
	undelivered(t, dir)
	name := filepath.Join(dir, spooled(t, dir)[0])
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "00000000-0000-7000-8000-000000000000.report"), []byte("not a header"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, 1, echo(), spooling(dir))
	s.polls.next().lose()
	s.reports.none()
	names := spooled(t, dir)
	equal(t, len(names), 2)
	for _, name := range names {
		equal(t, strings.HasSuffix(name, ".report.corrupt"), true)
	}
}

func TestWithoutASpoolAnUndeliveredResultIsAnError(t *testing.T) {
	s := start(t, 1, echo(), spooling(""))
	s.lease(leaseOf("a", "echo", "1"))
	s.reports.next()
	s.server.Stop()
	s.stop()
	if err := s.end(); err == nil || err.Error() != "1 "+worker.ErrUndelivered.Error() {
		t.Fatal(err)
	}
}

func TestACapsuleThatIsWantedIsSentAndOnlyThen(t *testing.T) {
	s := start(t, 1, echo())
	granted := leaseOf("a", "echo", "1")
	granted.Capsule = []byte("sealed")
	s.lease(granted)
	first := s.reports.next()
	equal(t, len(first.request.GetReports()[0].GetCapsule()), 0)
	wanted := refused("a", "STORE_UNAVAILABLE")
	wanted.Outcomes[0].CapsuleWanted = true
	first.answer(wanted)
	second := s.reports.next()
	again := proto.CloneOf(second.request.GetReports()[0])
	equal(t, string(again.GetCapsule()), "sealed")
	again.Capsule = nil
	equal(t, proto.Equal(again, first.request.GetReports()[0]), true)
	second.answer(&esteirav1.ReportTasksResponse{Outcomes: []*esteirav1.ReportOutcome{applied("a")}})
	s.polls.next().lose()
}

func TestAKeptReportHasItsCapsule(t *testing.T) {
	dir := t.TempDir()
	s := start(t, 1, echo(), spooling(dir))
	granted := leaseOf("a", "echo", "1")
	granted.Capsule = []byte("sealed")
	s.lease(granted)
	s.reports.next()
	s.server.Stop()
	s.stop()
	equal(t, s.end(), nil)
	data, err := os.ReadFile(filepath.Join(dir, spooled(t, dir)[0]))
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := bytes.Cut(data, []byte("\n"))
	var kept esteirav1.ReportTasksRequest
	if err := proto.Unmarshal(body, &kept); err != nil {
		t.Fatal(err)
	}
	equal(t, string(kept.GetReports()[0].GetCapsule()), "sealed")
}

func TestWhatCannotWorkIsSaidBeforeAnythingRuns(t *testing.T) {
	named := func(names ...string) (functions []model.Function) {
		for _, name := range names {
			functions = append(functions, model.FuncNone(name, func(*model.Context, int) error { return nil }))
		}
		return functions
	}
	for problem, config := range map[string]worker.Config{
		"1 to 500 functions":  {},
		"not a function name": {Functions: named("A")},
		"two functions":       {Functions: named("a", "a")},
		"at least one slot":   {Functions: named("a"), Slots: -1},
		"visible ASCII":       {Functions: named("a"), WorkerID: "two words"},
		"a lease lasts":       {Functions: named("a"), LeaseTTL: time.Millisecond},
		"begins with http":    {Functions: named("a"), Endpoint: "not a uri"},
		"the token":           {Functions: named("a"), Token: "two\nlines"},
		"the spool":           {Functions: named("a"), SpoolDir: "/dev/null/spool"},
	} {
		if config.Endpoint == "" {
			config.Endpoint = "http://localhost:1"
		}
		if _, err := worker.New(config); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%v does not say %q", err, problem)
		}
	}
	if _, err := worker.New(worker.Config{Endpoint: "http://localhost:1", Functions: named("a")}); err != nil {
		t.Fatal(err)
	}
}
