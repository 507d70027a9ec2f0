package upstream

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// lookupPause is how long a name that could not be found is not looked up
// again.
const lookupPause = time.Second

// lookups dials, and leaves the name servers alone while they fail: a failure
// counts for a second. Lookups that are under way at the same time are one
// already, by Go's resolver.
type lookups struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu   sync.Mutex
	last *net.DNSError // the last failure
	at   time.Time     // when that was
}

// DialContext opens a connection, or fails as the last lookup did.
func (l *lookups) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := l.failed(time.Now()); err != nil {
		return nil, err
	}
	conn, err := l.dial(ctx, network, addr)
	var notFound *net.DNSError
	if errors.As(err, &notFound) && ctx.Err() == nil {
		l.fail(notFound, time.Now())
	}
	return conn, err
}

func (l *lookups) failed(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil || now.Sub(l.at) >= lookupPause {
		return nil
	}
	return l.last
}

func (l *lookups) fail(err *net.DNSError, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.at = err, now
}
