// Package client calls the coordinator: plans, jobs, the outbox, administration, traces, audit.
//
// Every service is the generated client of the contract ([esteirav1]), over a connection that sends a request again, byte
// for byte, while that can help; beside it stand methods for what programs do most. A request_id that is not set is
// minted, so that what is sent again is done once.
//
//	c, err := client.New("http://127.0.0.1:7440")
//	...
//	job, err := c.Jobs().Run(ctx, "greetings", model.JSON(`"world"`))
package client

import (
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
)

// Client is a client of one coordinator. Its connection opens with the first call; it may be used from many goroutines.
type Client struct{ connection *connection }

// Option changes a setting of a [Client].
type Option func(*settings)

type settings struct {
	token    string
	timeout  time.Duration
	patience time.Duration
}

// WithToken sends "authorization: Bearer <token>" with every call.
func WithToken(token string) Option { return func(s *settings) { s.token = token } }

// WithTimeout sets how long to wait for one answer before the request is sent again; 10 s by default. A wait that the
// request itself asks for comes on top.
func WithTimeout(timeout time.Duration) Option { return func(s *settings) { s.timeout = timeout } }

// WithPatience sets how long to go on sending the same request; 60 s by default. The context of a call ends it sooner.
func WithPatience(patience time.Duration) Option {
	return func(s *settings) { s.patience = patience }
}

// New is a client of the coordinator at this address, for example http://127.0.0.1:7440; it opens nothing yet.
func New(endpoint string, options ...Option) (*Client, error) {
	settings := settings{timeout: 10 * time.Second, patience: time.Minute}
	for _, option := range options {
		option(&settings)
	}
	link, err := transport.NewLink(endpoint, settings.token)
	if err != nil {
		return nil, err
	}
	return &Client{&connection{link, settings.timeout, settings.patience}}, nil
}

// Close closes the connection when the calls under way are done.
func (c *Client) Close() { c.connection.link.Close() }

// Plans are plans and their versions.
func (c *Client) Plans() PlanClient {
	return PlanClient{esteirav1.NewPlanServiceClient(c.connection)}
}

// Jobs are jobs and their tasks.
func (c *Client) Jobs() JobClient { return JobClient{esteirav1.NewJobServiceClient(c.connection)} }

// Outbox is committed messages that wait to be delivered.
func (c *Client) Outbox() OutboxClient {
	return OutboxClient{esteirav1.NewOutboxServiceClient(c.connection)}
}

// Admin is the coordinator itself, its workers and queues.
func (c *Client) Admin() AdminClient {
	return AdminClient{esteirav1.NewAdminServiceClient(c.connection)}
}

// Traces are where jobs and data come from, and what became of them.
func (c *Client) Traces() TraceClient {
	return TraceClient{esteirav1.NewTraceServiceClient(c.connection)}
}

// Audit is who did what, and whether what is recorded is what happened.
func (c *Client) Audit() AuditClient {
	return AuditClient{esteirav1.NewAuditServiceClient(c.connection)}
}

// OutboxClient is OutboxService; each method is the RPC of that name, documented in outbox.proto.
type OutboxClient struct{ esteirav1.OutboxServiceClient }

// AdminClient is AdminService; each method is the RPC of that name, documented in admin.proto.
type AdminClient struct{ esteirav1.AdminServiceClient }

// TraceClient is TraceService; each method is the RPC of that name, documented in trace.proto.
type TraceClient struct{ esteirav1.TraceServiceClient }

// AuditClient is AuditService; each method is the RPC of that name, documented in audit.proto.
type AuditClient struct{ esteirav1.AuditServiceClient }
