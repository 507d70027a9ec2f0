package notify

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How a target is told.
const (
	attemptTimeout = 10 * time.Second
	firstPause     = time.Second // before the second attempt; then twice as long each time
	longestPause   = 5 * time.Minute
	longestWait    = 15 * time.Minute // that an answer's Retry-After is obeyed for
	giveUpAfter    = time.Hour        // older news is of no use
	burst          = 10               // messages at once
	everyMessage   = 15 * time.Second // and one more in this time
)

// A channel says what a message looks like. Its methods are pure but for
// secrets, which may change while the program runs.
type channel interface {
	name() string

	// message is what to send. An error is a wrong setting.
	message(l letter, now time.Time) (message, error)

	// complaint is what a refusal's body tells, in a word or two; empty where
	// it tells nothing that may be shown.
	complaint(body []byte) string
}

// A message is a request by POST.
type message struct {
	url    string
	header http.Header
	body   []byte
}

// target is one channel with its queue.
type target struct {
	channel
	queue     *queue
	pace      *rate.Limiter
	transport http.RoundTripper
	done      func(Delivery)

	mu        sync.Mutex // guards what follows
	delivered time.Time
	failed    time.Time
	problem   string
	lost      int
}

func newTarget(c channel, transport http.RoundTripper, done func(Delivery)) *target {
	return &target{
		channel: c, queue: newQueue(), transport: transport, done: done,
		pace: rate.NewLimiter(rate.Every(everyMessage), burst),
	}
}

// run delivers what is queued, one after the other, until ctx ends.
func (t *target) run(ctx context.Context) {
	for {
		l, ok := t.queue.next(ctx)
		if !ok || t.pace.Wait(ctx) != nil {
			return
		}
		t.deliver(ctx, l)
	}
}

// deliver sends l until it is taken, refused for good, or too old. What comes
// after it waits: a closing that overtakes its opening would page somebody for
// ever.
func (t *target) deliver(ctx context.Context, l letter) {
	for attempts := 1; ; attempts++ {
		next, err := t.attempt(ctx, l)
		if ctx.Err() != nil {
			return
		}
		pause := next.pause(attempts)
		isLast := err == nil || !next.again || time.Since(l.since)+pause > giveUpAfter
		t.note(err, isLast)
		if isLast {
			t.done(Delivery{t.name(), l.Kind, l.Incident, attempts, err})
			return
		}
		if sleep(ctx, pause) != nil {
			return
		}
	}
}

// next says whether and when to try again after an attempt that failed.
type next struct {
	again bool
	after time.Duration // what the target asked for; 0 when it did not
}

// pause is how long to wait after so many attempts: half of it is drawn, so
// that many proxies do not come back at once.
func (n next) pause(attempts int) time.Duration {
	pause := firstPause << min(attempts-1, 10)
	pause = min(pause, longestPause)
	pause = pause/2 + rand.N(pause/2+1)
	return max(pause, min(n.after, longestWait))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note remembers how an attempt ended.
func (t *target) note(err error, isLast bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.delivered, t.problem = time.Now(), ""
		return
	}
	t.failed, t.problem = time.Now(), err.Error()
	if isLast {
		t.lost++
	}
}

func (t *target) status() Status {
	queued, dropped := t.queue.counts()
	t.mu.Lock()
	defer t.mu.Unlock()
	return Status{t.name(), queued, t.delivered, t.failed, t.problem, t.lost + dropped}
}
