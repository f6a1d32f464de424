package client

import (
	"context"
	"time"

	"github.com/esteira/esteira/sdk/go/internal/transport"
	"github.com/esteira/esteira/sdk/go/internal/wire"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Wait that the coordinator uses when a long-polling request names none.
const waitDefault = 20 * time.Second

// connection is what the generated clients send their requests over.
type connection struct {
	link     *transport.Link
	timeout  time.Duration
	patience time.Duration
}

var _ grpc.ClientConnInterface = (*connection)(nil)

// Invoke sends one request until there is an answer.
func (c *connection) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	request, isRequest := args.(proto.Message)
	response, isResponse := reply.(proto.Message)
	if !isRequest || !isResponse {
		return status.Errorf(codes.Internal, "%s: not messages of the contract", method)
	}
	request = minted(request)
	encoded, err := transport.Encode(request)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	wait := waitOf(request)
	call := transport.Call{Method: method, Timeout: c.timeout + wait, Patience: c.patience + wait}
	if _, err := call.Send(ctx, c.link, encoded, response); err != nil {
		return refusalOf(err)
	}
	return nil
}

// NewStream opens a stream; it is not sent again when it breaks.
func (c *connection) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.link.NewStream(ctx, desc, method, options...)
}

// minted is the request with a request_id, where it has such a field and names none.
func minted(request proto.Message) proto.Message {
	field := request.ProtoReflect().Descriptor().Fields().ByName("request_id")
	if field == nil || field.Kind() != protoreflect.StringKind || request.ProtoReflect().Get(field).String() != "" {
		return request
	}
	copied := proto.Clone(request)
	copied.ProtoReflect().Set(field, protoreflect.ValueOfString(model.NewID()))
	return copied
}

// waitOf is how long the request asks the coordinator to wait.
func waitOf(request proto.Message) time.Duration {
	fields := request.ProtoReflect().Descriptor().Fields()
	field := fields.ByName("wait")
	if field == nil || field.Message() == nil {
		return 0
	}
	if !request.ProtoReflect().Has(field) {
		// Starting a job does not wait unless it is asked to; the others wait.
		if fields.ByName("packet") != nil {
			return 0
		}
		return waitDefault
	}
	message, isDuration := request.ProtoReflect().Get(field).Message().Interface().(*durationpb.Duration)
	if !isDuration {
		return 0
	}
	wait, _ := wire.DurationIn(message)
	return wait
}
