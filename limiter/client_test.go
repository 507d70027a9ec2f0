package limiter

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A client makes calls until Notion takes them, and counts what happens.
type client struct {
	notion *fakeNotion

	mu       sync.Mutex
	waits    []time.Duration // in our queue
	made     int             // calls that Notion took
	overrun  int             // 429s from Notion
	refusals int             // 429s from us
	failed   int             // calls that the client gave up
}

func (c *client) count(n *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

// through makes a call through the limiter, as the proxy does for a client that
// comes back when it is told to: a 429 holds and presses, and the call waits
// for the hold's end if what is left of its patience allows.
func (c *client) through(l *Limiter, call Call) {
	patience := call.Patience
	for {
		call.Patience = patience
		g, err := l.Acquire(context.Background(), call)
		var r *Refusal
		if errors.As(err, &r) {
			c.count(&c.refusals)
			time.Sleep(r.RetryAfter)
			patience = 20 * time.Second // another request
			continue
		}
		patience -= g.Queued
		c.mu.Lock()
		c.waits = append(c.waits, g.Queued)
		c.mu.Unlock()
		if c.over(l, call, g) {
			return
		}
	}
}

// over makes the call for which there is leave.
func (c *client) over(l *Limiter, call Call, g *Grant) bool {
	defer g.Done()
	retryAfter, ok := c.notion.call()
	if ok {
		g.Accepted()
		c.count(&c.made)
		return true
	}
	c.count(&c.overrun)
	l.Hold(Hold{Scope: ConnectionScope, Connection: call.Connection, RetryAfter: retryAfter})
	l.Pressure(call.Connection, Overdrawn)
	return false
}

// direct makes a call without the limiter, by the retry rules of the official
// SDK 5.26: two retries on 429, after Retry-After but a minute at most.
func (c *client) direct() {
	for range 3 {
		retryAfter, ok := c.notion.call()
		if ok {
			c.count(&c.made)
			return
		}
		c.count(&c.overrun)
		time.Sleep(min(retryAfter, time.Minute))
	}
	c.count(&c.failed)
}
