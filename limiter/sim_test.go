package limiter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var seeds = []uint64{1, 2, 3, 4, 5}

// A client makes calls through the limiter as the proxy does.
type client struct {
	l      *Limiter
	notion *fakeNotion

	mu       sync.Mutex
	waits    []time.Duration
	refusals int // by us
	toldOff  int // by Notion
}

// do makes one call, and reports whether Notion took it. On its 429 it holds
// and tries again within its patience, as the proxy does with a read.
func (c *client) do(call Call) bool {
	patience := call.Patience
	for {
		call.Patience = patience
		g, err := c.l.Acquire(context.Background(), call)
		if err != nil {
			c.mu.Lock()
			c.refusals++
			c.mu.Unlock()
			var r *Refusal
			if errors.As(err, &r) {
				time.Sleep(r.RetryAfter)
				patience = call.Patience
				continue
			}
			return false
		}
		patience -= g.Queued
		c.mu.Lock()
		c.waits = append(c.waits, g.Queued)
		c.mu.Unlock()
		retryAfter, ok := c.notion.call()
		if ok {
			g.Accepted()
			g.Done()
			return true
		}
		g.Done()
		c.mu.Lock()
		c.toldOff++
		c.mu.Unlock()
		c.l.Hold(Hold{Scope: ConnectionScope, Connection: call.Connection, RetryAfter: retryAfter})
		c.l.Pressure(call.Connection, Overdrawn)
		patience = 20 * time.Second
	}
}

func TestSim_eightCallers(t *testing.T) {
	for _, seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			n := newFakeNotion(seed)
			c := &client{l: New(Options{}), notion: n}
			const calls = 2000
			start := time.Now()
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					for range calls / 8 {
						c.do(Call{Connection: "c", Caller: fmt.Sprint(i), Lane: Default, Patience: 20 * time.Second, Accepted: true})
					}
				})
			}
			wg.Wait()
			took := time.Since(start)
			ratio := took.Minutes() / (calls / 180.0)
			fmt.Println(seed, "took", took, ratio, "429", n.refused, "ours", c.refusals, "most", mostInAMinute(n.arrivals), "max wait", percentile(c.waits, 1))
			require.Less(t, ratio, 1.08)
			assert.Zero(t, n.refused)
			assert.Zero(t, c.refusals)
		})
	}
}

func TestSim_bulkAndPerson(t *testing.T) {
	for _, seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			n := newFakeNotion(seed)
			l := New(Options{})
			job := &client{l: l, notion: n}
			person := &client{l: l, notion: n}
			const calls = 5000
			start := time.Now()
			var wg sync.WaitGroup
			done := make(chan bool)
			for range 16 {
				wg.Go(func() {
					for range calls / 16 {
						job.do(Call{Connection: "c", Caller: "job", Lane: Bulk, Patience: 20 * time.Second, Accepted: true})
					}
				})
			}
			var clicks sync.WaitGroup
			clicks.Go(func() {
				for {
					select {
					case <-done:
						return
					case <-time.After(2 * time.Second):
						clicks.Go(func() {
							person.do(Call{Connection: "c", Caller: "p", Patience: 20 * time.Second, Accepted: true})
						})
					}
				}
			})
			wg.Wait()
			took := time.Since(start)
			close(done)
			clicks.Wait()
			ratio := took.Minutes() / ((calls / 16 * 16) / (171.0 - 15 - 30))
			fmt.Println(seed, "took", took, ratio, "429", n.refused, "ours", job.refusals, person.refusals, "most", mostInAMinute(n.arrivals), "p99", percentile(person.waits, .99), "max", percentile(person.waits, 1))
		})
	}
}

func TestSim_somebodyElse(t *testing.T) {
	for _, burst := range []bool{false, true} {
		for _, seed := range seeds {
			synctest.Test(t, func(t *testing.T) {
				n := newFakeNotion(seed)
				c := &client{l: New(Options{}), notion: n}
				start := time.Now()
				const length = 60 * time.Minute
				stop := make(chan bool)
				var wg, other sync.WaitGroup
				others, otherRefused := 0, 0
				other.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						if !burst {
							time.Sleep(time.Minute / 90)
							if _, ok := n.arrive(); ok {
								others++
							} else {
								otherRefused++
								n.refused--
							}
							continue
						}
						left := time.Minute - (time.Since(n.epoch)+n.phase)%time.Minute
						time.Sleep(left)
						for range 90 {
							n.arrive()
							others++
						}
					}
				})
				for i := range 8 {
					wg.Go(func() {
						for time.Since(start) < length {
							c.do(Call{Connection: "c", Caller: fmt.Sprint(i), Lane: Default, Patience: 20 * time.Second, Accepted: true})
						}
					})
				}
				wg.Wait()
				took := time.Since(start)
				close(stop)
				other.Wait()
				mine := len(n.arrivals) - others
				fmt.Println(burst, seed, "mine/min", float64(mine)/took.Minutes(), "of 90; 429s", c.toldOff, n.refused, 100*float64(c.toldOff)/float64(mine+c.toldOff), "% ours", c.refusals, "others", others, otherRefused)
			})
		}
	}
}
