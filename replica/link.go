package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

var (
	errBadURL = errors.New("redis.url is no address of a Redis; want redis://host:6379 or rediss://host:6380")
	errAway   = errors.New("asking Redis: it is away")
)

// A link is the connection to Redis, with a breaker: after a failure no command
// waits for another, until ping has shown that one is answered again.
type link struct {
	options rueidis.ClientOption
	timeout time.Duration
	client  atomic.Pointer[rueidis.Client]
	up      atomic.Bool

	mu     sync.Mutex
	good   time.Time // when a command was last answered
	why    error     // why it could not be connected; nil once it was
	turned time.Time // when up last changed
	asked  int64
	errors int64
	took   time.Duration
}

func newLink(o rueidis.ClientOption, timeout time.Duration) link {
	return link{options: o, timeout: timeout, good: time.Now()}
}

// open connects, again and again until it has worked once. After that rueidis
// connects anew by itself.
func (l *link) open(ctx context.Context) {
	const pause = 250 * time.Millisecond
	for ctx.Err() == nil {
		client, err := rueidis.NewClient(l.options)
		if err == nil {
			l.client.Store(&client)
			return
		}
		l.failed()
		l.mu.Lock()
		l.why = fmt.Errorf("connecting: %w", err)
		l.mu.Unlock()
		sleep(ctx, pause)
	}
}

func (l *link) close() {
	if c := l.client.Load(); c != nil {
		(*c).Close()
	}
}

// do runs a command, if Redis is there. f must end with its context.
func (l *link) do(ctx context.Context, f func(context.Context, rueidis.Client) error) error {
	if !l.up.Load() {
		return errAway
	}
	return l.ping(ctx, f)
}

// ping runs a command whether or not Redis is there, and so finds that out.
func (l *link) ping(ctx context.Context, f func(context.Context, rueidis.Client) error) error {
	c := l.client.Load()
	if c == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		return cmp.Or(l.why, errAway)
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	start := time.Now()
	err := f(ctx, *c)
	if err != nil && !rueidis.IsRedisNil(err) {
		l.failed()
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	l.good, l.took = time.Now(), time.Since(start)
	return err
}

// failed opens the breaker. One failure is enough: 50 ms are long, and a beat
// later it is known whether it was more than that.
func (l *link) failed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	l.errors++
	if l.up.Swap(false) {
		l.turned = time.Now()
	}
}

// answers closes the breaker.
func (l *link) answers() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.up.Swap(true) {
		l.turned = time.Now()
	}
}

// lastGood is when a command was last answered, or when the link was made.
func (l *link) lastGood() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.good
}

func (l *link) state() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return State{Connected: l.up.Load(), Since: l.turned, Commands: l.asked, Errors: l.errors, Took: l.took}
}

// sleep waits that long, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
