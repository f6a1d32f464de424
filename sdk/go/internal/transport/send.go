package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec that rawCodec hands other messages to
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Forever is the patience of a call that is sent until there is an answer.
const Forever time.Duration = -1

const (
	backoffFirst   = 100 * time.Millisecond
	backoffLongest = 10 * time.Second
)

// Call is how one kind of call is made.
type Call struct {
	// Method is the full name, /package.Service/Method.
	Method string
	// Timeout: a single sending without an answer for this long is given up.
	Timeout time.Duration
	// Patience: all sendings together; Forever is until there is an answer, 0 is one sending.
	Patience time.Duration
}

// Encode is the bytes of a request: made once, so that every sending has the same.
func Encode(request proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(request)
}

// Send sends the bytes, and sends them again while that can help. It answers when the sending that was answered was
// sent: leases are counted from then. The error has a gRPC status.
func (c Call) Send(ctx context.Context, link *Link, request []byte, response proto.Message) (sent time.Time, err error) {
	begun := time.Now()
	for tries := 0; ; tries++ {
		sent = time.Now()
		err = c.once(ctx, link, request, response)
		if err == nil {
			return sent, nil
		}
		pause, again := pauseAfter(err, tries)
		if !again || ctx.Err() != nil || c.Patience != Forever && time.Since(begun)+pause > c.Patience {
			return sent, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return sent, status.FromContextError(ctx.Err()).Err()
		}
	}
}

func (c Call) once(ctx context.Context, link *Link, request []byte, response proto.Message) error {
	connection, err := link.acquire()
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	defer link.release(connection)
	limited, cancel := context.WithTimeout(link.authorize(ctx), c.Timeout)
	defer cancel()
	proto.Reset(response)
	err = connection.Invoke(limited, c.Method, rawMessage(request), response, grpc.ForceCodecV2(rawCodec{}))
	if errors.Is(limited.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		link.renew(connection)
	}
	return err
}

func (l *Link) authorize(ctx context.Context) context.Context {
	if l.token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+l.token)
}

// pauseAfter is how long to wait before the same bytes are sent again; false when that is of no use.
func pauseAfter(err error, tries int) (time.Duration, bool) {
	problem := status.Convert(err)
	asked := retryDelay(problem)
	switch problem.Code() {
	// CANCELLED is said of a stream that was reset, too.
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return max(Backoff(tries, rand.Float64()), asked), true
	case codes.ResourceExhausted:
		return asked, asked > 0
	case codes.Internal, codes.Unknown:
		return Backoff(tries, rand.Float64()), isBroken(problem)
	default:
		return 0, false
	}
}

// isBroken says whether a status was made here out of a connection that broke: every status of the coordinator's has
// details.
func isBroken(problem *status.Status) bool {
	if len(problem.Details()) > 0 {
		return false
	}
	for _, mark := range []string{"RST_STREAM", "unexpected EOF", "without sending trailers", "transport", "connection"} {
		if strings.Contains(problem.Message(), mark) {
			return true
		}
	}
	return false
}

// Backoff is 100 ms, doubled up to 10 s, with full jitter; fraction is random in 0..1.
func Backoff(tries int, fraction float64) time.Duration {
	ceiling := min(backoffFirst<<min(tries, 7), backoffLongest)
	return time.Duration(float64(ceiling) * fraction)
}

func retryDelay(problem *status.Status) time.Duration {
	for _, detail := range problem.Details() {
		if info, isRetry := detail.(*errdetails.RetryInfo); isRetry {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// Reason is the stable reason of an error, such as LEASE_LOST; "" when there is none.
func Reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, isInfo := detail.(*errdetails.ErrorInfo); isInfo {
			return info.GetReason()
		}
	}
	return ""
}

// rawMessage is a request that is encoded already.
type rawMessage []byte

// rawCodec sends encoded requests as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(message any) (mem.BufferSlice, error) {
	if raw, isRaw := message.(rawMessage); isRaw {
		return mem.BufferSlice{mem.SliceBuffer(raw)}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(message)
}

func (rawCodec) Unmarshal(data mem.BufferSlice, message any) error {
	return encoding.GetCodecV2("proto").Unmarshal(data, message)
}
