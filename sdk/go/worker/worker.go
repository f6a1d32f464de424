package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"slices"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"github.com/esteira/esteira/sdk/go/model"
)

// Version is the version of this SDK.
const Version = "0.1.0"

// Config says what a worker is made of. Endpoint and Functions must be set; the zero value of anything else is its
// default.
type Config struct {
	// Endpoint is the coordinator's address, for example http://127.0.0.1:7440.
	Endpoint string
	// Functions are what it serves. At least one is needed; no two may have the same name.
	Functions []model.Function
	// Slots is how many functions may run at once; one for each processor by default.
	Slots int
	// Token is sent as "authorization: Bearer <token>" with every call.
	Token string
	// WorkerID is the id under which the coordinator knows this worker; a new one for each worker by default.
	WorkerID string
	// DisplayName is a name for people.
	DisplayName string
	// BuildID is what code it runs, such as a commit; recorded with every attempt.
	BuildID string
	// Labels are free.
	Labels map[string]string
	// Queues to lease from instead of those named like its functions.
	Queues []string
	// LeaseTTL is how long to hold each lease between two heartbeats; as the step says by default.
	LeaseTTL time.Duration
	// DrainGrace is how long running functions may go on after a shutdown was asked for; 30 s by default.
	DrainGrace time.Duration
	// CancelGrace is how long a cancelled function may go on before its task goes on without it; 10 s by default.
	CancelGrace time.Duration
	// DeliveryGrace is how long the last results may take to be delivered once nothing runs any more; 10 s by default.
	DeliveryGrace time.Duration
	// SpoolDir is a directory for results that cannot be delivered when the worker stops; a worker that starts with the
	// same directory delivers them first. Off when it is "". One directory serves workers of one coordinator.
	SpoolDir string
	// Logger is told what happens; slog.Default() by default.
	Logger *slog.Logger
}

// ErrUndelivered is a worker that stopped while the coordinator could not be reached, with results that were neither
// delivered nor kept in a spool. Their tasks run again elsewhere once the leases run out.
var ErrUndelivered = errors.New("results could not be delivered before the worker had to stop")

// RefusedError is a worker that the coordinator refused for good, for example because it may not run one of its
// functions. It unwraps to an error with a gRPC status.
type RefusedError struct {
	// Reason is the contract's stable reason, such as FUNCTION_NOT_ALLOWED; "" when there is none.
	Reason string

	cause error
}

// Error says the reason and the message.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the coordinator refused the worker: %s: %v", e.Reason, e.cause)
}

// Unwrap is the error with its gRPC status.
func (e *RefusedError) Unwrap() error { return e.cause }

// Worker is set up and not yet running. Run it once.
type Worker struct {
	config    Config
	link      *transport.Link
	functions map[string]model.Function
	info      *esteirav1.WorkerInfo
	spool     *spool
}

var functionName = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,62}$`)

var visible = regexp.MustCompile(`^[!-~]+$`)

// New checks everything and connects to nothing yet.
func New(config Config) (*Worker, error) {
	config.setDefaults()
	link, err := transport.NewLink(config.Endpoint, config.Token)
	if err != nil {
		return nil, setupError("%w", err)
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	hostname, _ := os.Hostname()
	w := &Worker{
		config: config, link: link, functions: map[string]model.Function{},
		info: &esteirav1.WorkerInfo{
			WorkerId: config.WorkerID, DisplayName: config.DisplayName, BuildId: config.BuildID, Sdk: "go/" + Version,
			Host: hostname, Pid: int32(os.Getpid()), MaxConcurrency: int32(config.Slots), Labels: config.Labels,
		},
	}
	for _, function := range config.Functions {
		spec := function.Spec()
		if !functionName.MatchString(spec.Name) {
			return nil, setupError("%q is not a function name: %s", spec.Name, functionName)
		}
		if w.functions[spec.Name] != nil {
			return nil, setupError("two functions are named %q", spec.Name)
		}
		w.functions[spec.Name] = function
		w.info.Functions = append(w.info.Functions, functionOut(spec))
	}
	slices.SortFunc(w.info.Functions, func(a, b *esteirav1.FunctionSpec) int {
		if a.GetName() < b.GetName() {
			return -1
		}
		return 1
	})
	if config.SpoolDir != "" {
		if w.spool, err = openSpool(config.SpoolDir, config.Endpoint, config.Logger); err != nil {
			return nil, setupError("the spool: %w", err)
		}
	}
	return w, nil
}

// ID is the id under which the coordinator knows this worker.
func (w *Worker) ID() string { return w.config.WorkerID }

// Run serves until the context ends or the coordinator drains the worker; then it finishes what runs within the drain
// grace, gives back the rest, and returns nil. It returns a [*RefusedError] when the coordinator refuses the worker, and
// [ErrUndelivered].
func (w *Worker) Run(ctx context.Context) error {
	// The end of the caller's context is a request to drain: what runs goes on under a context of its own.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer w.link.Close()
	apart := w.link.Apart()
	defer apart.Close()
	log := w.config.Logger.With("worker", w.config.WorkerID)
	heartbeats := newHeartbeats(w.config.WorkerID, &rpc{apart}, log)
	go heartbeats.run(running)
	return newDispatcher(running, w, heartbeats, log).run(ctx.Done())
}

func (c *Config) setDefaults() {
	if c.Slots == 0 {
		c.Slots = runtime.GOMAXPROCS(0)
	}
	if c.WorkerID == "" {
		c.WorkerID = model.NewID()
	}
	if c.DrainGrace == 0 {
		c.DrainGrace = 30 * time.Second
	}
	if c.CancelGrace == 0 {
		c.CancelGrace = 10 * time.Second
	}
	if c.DeliveryGrace == 0 {
		c.DeliveryGrace = 10 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

func (c *Config) check() error {
	switch {
	case len(c.Functions) == 0 || len(c.Functions) > functionsMax:
		return setupError("a worker has 1 to %d functions, not %d", functionsMax, len(c.Functions))
	case c.Slots < 0:
		return setupError("a worker has at least one slot")
	case len(c.WorkerID) > requestIDBytesMax || !visible.MatchString(c.WorkerID):
		return setupError("a worker id has 1 to %d visible ASCII characters", requestIDBytesMax)
	case c.LeaseTTL != 0 && (c.LeaseTTL < leaseTTLMin || c.LeaseTTL > leaseTTLMax):
		return setupError("a lease lasts %s to %s", leaseTTLMin, leaseTTLMax)
	}
	return nil
}

func setupError(format string, args ...any) error {
	return fmt.Errorf("the worker is not set up correctly: "+format, args...)
}
