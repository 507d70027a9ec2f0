package replica

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

//go:embed announce.lua
var announceText string

var announceScript = rueidis.NewLuaScript(announceText)

const (
	// kept is how many news the stream holds, for those who come or come back:
	// some ten hours of a whole connection's writes, 10 MB.
	kept = 20_000

	// mostUntold bounds what waits for Redis to come back. Beyond, the others
	// are told that they missed something, whatever it was.
	mostUntold = 10_000

	batch     = 500                    // news read at once
	listens   = 250 * time.Millisecond // how long one reading waits for some
	announces = 100                    // news told at once
)

// A News is something that all replicas hear, in one order.
type News struct {
	Kind string          `json:"k"`
	From string          `json:"f"`
	Told uint64          `json:"t"` // counts the sender's
	Body json.RawMessage `json:"b,omitempty"`

	Own    bool          `json:"-"` // this replica told it
	Number int64         `json:"-"` // its place in the order
	Age    time.Duration `json:"-"` // about how long ago it was told
}

// missed is the kind of news that says that others were lost, and begun one
// that says nothing: an order of news without any looks like one that was lost.
const (
	missed = "missed"
	begun  = "begun"
)

// news is what this replica tells and hears.
type news struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced when anything below changes
	untold  []News
	taken   uint64           // how many were ever taken to be told
	told    uint64           // up to which of them Redis has them
	placed  int64            // the place in the order of that one
	acked   map[string]int64 // up to where the others have heard
	heard   int64            // up to where this one has
	history string           // of the server that it has heard it from
	ready   bool             // it has heard all that there was when it last came
	resumed bool             // known was held against what there is
	known   place            // up to where an earlier process had heard, and kept that; zero if it is of no use
	founded bool             // it has told that there were none
}

func (n *news) change() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// Hear has f called with each news of that kind, one after the other. Call it
// before Run.
func (g *Group) Hear(kind string, f func(News)) { g.hear[kind] = f }

// Miss has f called when news may have been missed: what is known from before
// is open to doubt. Call it before Run.
func (g *Group) Miss(f func()) { g.miss = f }

// Tell tells all replicas, this one included, as soon as Redis is there. It
// does not wait. It returns what Told wants.
func (g *Group) Tell(kind string, body any) uint64 {
	b, err := json.Marshal(body)
	if err != nil {
		b = nil // what cannot be written is heard without a body, and doubted
	}
	n := &g.news
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken++
	if len(n.untold) >= mostUntold {
		n.untold = []News{{Kind: missed, From: g.me, Told: n.taken}}
	} else {
		n.untold = append(n.untold, News{Kind: kind, From: g.me, Told: n.taken, Body: b})
	}
	n.change()
	return n.taken
}

// Told waits until all others that live have heard up to the number that Tell
// returned, for as long as one command may take. It does not wait for a Redis
// that is away.
func (g *Group) Told(ctx context.Context, number uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, g.o.Timeout)
	defer cancel()
	n := &g.news
	for {
		n.mu.Lock()
		done := n.told >= number && g.allHeard(n.placed)
		changed := n.changed
		n.mu.Unlock()
		switch {
		case done:
			return true
		case !g.link.up.Load():
			return false
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// allHeard says whether all others that live have heard up to that place. Call
// it with the news locked.
func (g *Group) allHeard(place int64) bool {
	g.mu.Lock()
	live := g.peers.live
	g.mu.Unlock()
	return !slices.ContainsFunc(live, func(peer string) bool {
		return peer != g.me && g.news.acked[peer] < place
	})
}

// Current says whether this replica has heard what the others told not long
// ago, so that what is stored may count as fresh.
func (g *Group) Current() bool {
	return g.behind() < g.o.PartitionFresh
}

// behind is how long ago the others could last have told something that this
// replica has not heard.
func (g *Group) behind() time.Duration {
	return time.Since(g.began) - time.Duration(g.heardAt.Load())
}

// announce tells what there is to tell, first of all what was left over when
// Redis was away.
func (g *Group) announce(ctx context.Context) {
	n := &g.news
	for ctx.Err() == nil {
		g.retell() // a disk may be there only now
		n.mu.Lock()
		some := slices.Clone(n.untold[:min(len(n.untold), announces)])
		changed := n.changed
		n.mu.Unlock()
		if len(some) > 0 && g.link.up.Load() && g.announceSome(ctx, some) {
			continue
		}
		wait := changed
		if len(some) > 0 {
			wait = nil // for Redis
		}
		select {
		case <-wait:
		case <-time.After(g.o.Beat / 2):
		case <-ctx.Done():
		}
	}
}

// lastNews is how long the last news may take.
const lastNews = time.Second

// tellRest tells what there is to tell yet, since nobody does it later.
func (g *Group) tellRest() {
	ctx, cancel := context.WithTimeout(context.Background(), lastNews)
	defer cancel()
	for ctx.Err() == nil {
		some := g.untold()
		if len(some) == 0 {
			return
		}
		if !g.link.up.Load() || !g.announceSome(ctx, some) {
			g.meet(ctx)
			sleep(ctx, g.o.Timeout)
		}
	}
}

// untold is what is to be told next.
func (g *Group) untold() []News {
	n := &g.news
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.untold[:min(len(n.untold), announces)])
}

func (g *Group) announceSome(ctx context.Context, some []News) bool {
	g.mu.Lock()
	args := []string{g.homes[replicasKey].history, itoa(kept)}
	g.mu.Unlock()
	for _, x := range some {
		b, err := json.Marshal(x)
		if err != nil {
			return false
		}
		args = append(args, string(g.seal(b, "news")))
	}
	var reply []rueidis.RedisMessage
	err := g.link.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		reply, err = announceScript.Exec(ctx, c, []string{g.streamKey(), g.streamKey() + ":number"}, args).ToArray()
		return err
	})
	if err != nil || len(reply) != 2 {
		return false
	}
	if word, _ := reply[0].ToString(); word != "told" {
		return false // the next beat finds out what has become of the server
	}
	last := some[len(some)-1].Told
	g.news.tell(last, number(reply[1]))
	g.toldUpTo(last)
	return true
}

// tell notes that Redis has the news up to that one, which has that place.
func (n *news) tell(last uint64, place int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told, n.placed = last, place
	n.untold = slices.DeleteFunc(n.untold, func(x News) bool { return x.Told <= last })
	n.change()
}

func (g *Group) streamKey() string { return g.o.Prefix + replicasKey + ":news" }
func (g *Group) ackKey(of string) string {
	return g.o.Prefix + replicasKey + ":heard:" + of
}
