package replica

import (
	"context"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/replica/redistest"
)

// A wire is the way of one replica to Redis, which can be cut.
type wire struct {
	ln net.Listener
	to string

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]struct{}
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{ln: ln, to: to, conns: map[net.Conn]struct{}{}}
	t.Cleanup(func() { ln.Close(); w.Cut(true) })
	go w.run()
	return w
}

func (w *wire) URL() string { return "redis://" + w.ln.Addr().String() }

func (w *wire) run() {
	for {
		a, err := w.ln.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", w.to)
		if err != nil || !w.add(a, b) {
			a.Close()
			continue
		}
		go func() { io.Copy(a, b); a.Close(); b.Close() }()
		go func() { io.Copy(b, a); a.Close(); b.Close() }()
	}
}

func (w *wire) add(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		w.conns[c] = struct{}{}
	}
	if w.cut {
		for _, c := range conns {
			c.Close()
		}
	}
	return !w.cut
}

// Cut cuts the wire, or mends it.
func (w *wire) Cut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.conns {
			c.Close()
		}
		clear(w.conns)
	}
}

// faults are what may happen to Redis, and to the ways of the replicas there.
func faults() map[string]func(*redistest.Server, []*wire) {
	return map[string]func(*redistest.Server, []*wire){
		"killed and back, empty": func(s *redistest.Server, _ []*wire) {
			s.Kill()
			time.Sleep(shortMinute / 2)
			s.Restart()
		},
		"killed for long": func(s *redistest.Server, _ []*wire) {
			s.Kill()
			time.Sleep(2 * shortMinute)
			s.Restart()
		},
		"killed and back at once, empty": func(s *redistest.Server, _ []*wire) {
			s.Kill()
			s.Restart()
		},
		"paused": func(s *redistest.Server, _ []*wire) {
			s.Pause()
			time.Sleep(shortMinute / 2)
			s.Resume()
		},
		"paused for long": func(s *redistest.Server, _ []*wire) {
			s.Pause()
			time.Sleep(2 * shortMinute)
			s.Resume()
		},
		"paused again and again": func(s *redistest.Server, _ []*wire) {
			for range 10 {
				s.Pause()
				time.Sleep(120 * time.Millisecond)
				s.Resume()
				time.Sleep(250 * time.Millisecond)
			}
		},
		"one cut off": func(_ *redistest.Server, w []*wire) {
			w[0].Cut(true)
			time.Sleep(2 * shortMinute)
			w[0].Cut(false)
		},
		"each cut off in turn": func(_ *redistest.Server, w []*wire) {
			for range 4 {
				for i := range w {
					w[i].Cut(true)
					time.Sleep(shortMinute / 6)
					w[i].Cut(false)
				}
			}
		},
	}
}

// No minute has more calls than the budget, over all replicas, whatever
// happens to Redis and to the ways there; and when all is well again they have
// the whole budget again.
func TestBudget_isKeptWhateverHappens(t *testing.T) {
	short := []string{"killed and back, empty", "one cut off", "paused again and again"}
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			if os.Getenv("NOTIONPROXY_LONG") != "1" && !slices.Contains(short, name) {
				t.Skip("all take two minutes: set NOTIONPROXY_LONG=1")
			}
			t.Parallel()
			s := redistest.Start(t)
			var all []*member
			var wires []*wire
			for range 3 {
				w := newWire(t, s.Addr())
				wires = append(wires, w)
				all = append(all, newMember(t, shortOptions(w.URL())))
			}
			eventually(t, "all replicas are there", func() bool { return together(all) })
			ctx, cancel := context.WithCancel(context.Background())
			var made calls
			crowd := crowd(ctx, all, 4, &made)
			time.Sleep(shortMinute)

			fault(s, wires)
			back := time.Now()
			eventually(t, "all replicas are there again", func() bool { return together(all) })
			t.Log("together again after", time.Since(back))
			time.Sleep(2 * shortMinute)
			again := time.Now()
			time.Sleep(shortMinute)
			cancel()
			crowd.Wait()

			assert.LessOrEqual(t, made.most(shortMinute), shortBudget)
			assert.Greater(t, made.since(again), shortBudget*3/4, "the whole budget is used again")
		})
	}
}

func together(all []*member) bool {
	for _, m := range all {
		if s := m.group.State(); !s.Connected || s.Live != len(all) {
			return false
		}
	}
	return true
}

// A failover may forget the newest that was lent; so each goes on alone until
// that no longer counts.
func TestBudget_isKeptInAFailover(t *testing.T) {
	pair := redistest.StartPair(t)
	var all []*member
	for range 3 {
		all = append(all, newMember(t, shortOptions(pair.URL())))
	}
	eventually(t, "all replicas are there", func() bool { return together(all) })
	ctx, cancel := context.WithCancel(context.Background())
	var made calls
	crowd := crowd(ctx, all, 4, &made)
	time.Sleep(shortMinute)

	pair.Master.Kill()
	time.Sleep(100 * time.Millisecond)
	eventually(t, "all replicas are there again", func() bool { return together(all) })
	time.Sleep(2 * shortMinute)
	again := time.Now()
	time.Sleep(shortMinute)
	cancel()
	crowd.Wait()

	assert.LessOrEqual(t, made.most(shortMinute), shortBudget)
	assert.Greater(t, made.since(again), shortBudget*3/4, "the whole budget is used again")
}
