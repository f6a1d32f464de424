// Package transport sends requests to the coordinator: one connection that can be thrown away and opened again, and the
// same bytes until there is an answer.
package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// MessageBytesMax is the largest message of the contract; twice as much is decoded.
const MessageBytesMax = 4 << 20

// Link is where the coordinator is, and the connection that is open to it.
//
// A half-open connection answers nothing for minutes; so whoever waited in vain calls renew, and the next request opens
// another.
type Link struct {
	target  string
	token   string
	options []grpc.DialOption

	mutex   sync.Mutex
	current *connection
}

// connection closes when it was replaced and nobody uses it any more.
type connection struct {
	*grpc.ClientConn
	users    int
	replaced bool
}

// NewLink parses the address, for example http://127.0.0.1:7440 or https://esteira.example:443; it opens nothing yet.
func NewLink(endpoint, token string) (*Link, error) {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("the endpoint %q: %w", endpoint, err)
	}
	var secure credentials.TransportCredentials
	port := parsed.Port()
	switch parsed.Scheme {
	case "http":
		secure = insecure.NewCredentials()
		if port == "" {
			port = "80"
		}
	case "https":
		secure = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
		if port == "" {
			port = "443"
		}
	default:
		return nil, fmt.Errorf("the endpoint %q begins with http:// or https://", endpoint)
	}
	if parsed.Hostname() == "" {
		return nil, fmt.Errorf("the endpoint %q names no host", endpoint)
	}
	for _, char := range token {
		if char < '!' || char > '~' {
			return nil, fmt.Errorf("the token holds characters that a header may not hold")
		}
	}
	host := parsed.Hostname()
	if parsed.Host != "" && parsed.Host[0] == '[' {
		host = "[" + host + "]"
	}
	return &Link{target: host + ":" + port, token: token, options: dialOptions(secure)}, nil
}

func dialOptions(secure credentials.TransportCredentials) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(secure),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 20 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(2*MessageBytesMax), grpc.MaxCallSendMsgSize(2*MessageBytesMax)),
		grpc.WithDisableServiceConfig(),
		// Resending is done here, with the contract's own rules.
		grpc.WithDisableRetry(),
	}
}

// Apart is the same place over a connection of its own.
func (l *Link) Apart() *Link { return &Link{target: l.target, token: l.token, options: l.options} }

// Close closes the connection when the calls under way are done.
func (l *Link) Close() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.replace(l.current)
}

func (l *Link) acquire() (*connection, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.current == nil {
		opened, err := grpc.NewClient("dns:///"+l.target, l.options...)
		if err != nil {
			return nil, err
		}
		l.current = &connection{ClientConn: opened}
	}
	l.current.users++
	return l.current, nil
}

func (l *Link) release(used *connection) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	used.users--
	used.closeIfDone()
}

// renew forgets a connection that was silent; a newer one stays.
func (l *Link) renew(silent *connection) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.replace(silent)
}

func (l *Link) replace(old *connection) {
	if old == nil || old != l.current {
		return
	}
	l.current = nil
	old.replaced = true
	old.closeIfDone()
}

func (c *connection) closeIfDone() {
	if c.replaced && c.users == 0 {
		// Nobody waits for an answer on it: there is nobody to tell of an error.
		_ = c.Close()
	}
}

// NewStream opens a stream on the connection; it is not sent again when it breaks.
func (l *Link) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	connection, err := l.acquire()
	if err != nil {
		return nil, err
	}
	stream, err := connection.NewStream(l.authorize(ctx), desc, method, options...)
	if err != nil {
		l.release(connection)
		return nil, err
	}
	// The stream ends with its context; until then the connection stays.
	context.AfterFunc(stream.Context(), func() { l.release(connection) })
	return stream, nil
}
