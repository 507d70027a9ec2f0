package replica

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// follow hears what is told, from the oldest news that Redis has on.
func (g *Group) follow(ctx context.Context) {
	place := "0-0"
	for ctx.Err() == nil {
		if !g.link.up.Load() || !g.knowsHistory() {
			sleep(ctx, g.o.Beat/4)
			continue
		}
		if g.isLost() {
			place = "0-0"
		}
		place = g.listen(ctx, place)
	}
}

func (g *Group) knowsHistory() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.homes[replicasKey].history != ""
}

// isLost says whether news were lost since the last look: the server is not
// the same, or began anew.
func (g *Group) isLost() bool {
	g.mu.Lock()
	history := g.homes[replicasKey].history
	g.mu.Unlock()
	n := &g.news
	n.mu.Lock()
	before := n.history
	if before == history {
		n.mu.Unlock()
		return false
	}
	n.history, n.heard, n.ready, n.founded = history, 0, false, false
	clear(n.acked)
	n.mu.Unlock()
	if before != "" {
		g.missed()
	}
	return true
}

func (g *Group) missed() {
	if g.miss != nil {
		g.miss()
	}
}

// listen hears the next news, or that there are none, and returns the place in
// the stream that it has come to.
func (g *Group) listen(ctx context.Context, place string) string {
	asked := time.Now()
	entries, err := g.readStream(ctx, place)
	if err != nil {
		sleep(ctx, g.o.Beat/4)
		return place
	}
	g.resume(entries)
	writers := map[string]bool{}
	for _, e := range entries {
		g.hearOne(e, writers)
		place = e.ID
	}
	if len(entries) > 0 {
		g.keepPlace()
	}
	if len(entries) < batch {
		g.caughtUp(asked, len(entries) == 0)
	}
	g.acknowledge(ctx, writers)
	return place
}

func (g *Group) readStream(ctx context.Context, place string) ([]rueidis.XRangeEntry, error) {
	c := g.link.client.Load()
	if c == nil {
		return nil, errAway
	}
	ctx, cancel := context.WithTimeout(ctx, 2*listens)
	defer cancel()
	command := (*c).B().Xread().Count(batch).Block(listens.Milliseconds()).Streams().Key(g.streamKey()).Id(place).Build()
	streams, err := (*c).Do(ctx, command).AsXRead()
	if err != nil && !rueidis.IsRedisNil(err) {
		return nil, err
	}
	return streams[g.streamKey()], nil
}

// caughtUp notes that this replica has heard everything that was told before
// it asked; where it waited in vain, before it got that for an answer.
func (g *Group) caughtUp(asked time.Time, inVain bool) {
	if inVain {
		asked = time.Now().Add(-g.o.Timeout)
	}
	g.heardAt.Store(int64(asked.Sub(g.began)))
	n := &g.news
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ready = true
}

// hearOne passes one entry of the stream on. One that is out of order shows
// that others were missed, and so does one that does not open.
func (g *Group) hearOne(e rueidis.XRangeEntry, writers map[string]bool) {
	place := numberOf(e)
	n := &g.news
	n.mu.Lock()
	gap, first := n.heard != 0 && place != n.heard+1, n.heard == 0
	n.mu.Unlock()
	var x News
	body, err := g.open([]byte(e.FieldValues["b"]), "news")
	if err == nil {
		err = json.Unmarshal(body, &x)
	}
	x.Number, x.Own, x.Age = place, x.From == g.me, g.age(e.ID)
	if gap || err != nil || x.Kind == missed && !x.Own {
		g.missed()
	}
	if (gap || first) && g.entries != nil {
		g.entries.begin(place)
	}
	if f := g.hear[x.Kind]; err == nil && f != nil {
		f(x)
	}
	if (err != nil || x.Kind == missed) && g.entries != nil {
		g.entries.begin(place + 1) // what was stored before it heard of this may be untrue
	}
	if err == nil && !x.Own {
		writers[x.From] = true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = place
}

// numberOf is the number of the news in an entry of the stream.
func numberOf(e rueidis.XRangeEntry) int64 {
	number, _ := strconv.ParseInt(e.FieldValues["n"], 10, 64)
	return number
}

// age is about how old an entry of the stream is. That is Redis' clock, which
// need not go as this machine's does.
func (g *Group) age(id string) time.Duration {
	at, _, _ := strings.Cut(id, "-")
	t, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return 0
	}
	return max(0, g.clock()-time.Duration(t)*time.Millisecond)
}

// acknowledge tells those who told something that it was heard.
func (g *Group) acknowledge(ctx context.Context, writers map[string]bool) {
	if len(writers) == 0 {
		return
	}
	g.news.mu.Lock()
	word := g.me + " " + strconv.FormatInt(g.news.heard, 10)
	g.news.mu.Unlock()
	_ = g.link.do(ctx, func(ctx context.Context, c rueidis.Client) error {
		var all rueidis.Commands
		for writer := range writers {
			all = append(all, c.B().Publish().Channel(g.ackKey(writer)).Message(word).Build())
		}
		for _, r := range c.DoMulti(ctx, all...) {
			if r.Error() != nil {
				return r.Error()
			}
		}
		return nil
	})
}

// hearAcks takes the word of the others that they have heard.
func (g *Group) hearAcks(ctx context.Context) {
	for ctx.Err() == nil {
		c := g.link.client.Load()
		if c == nil || !g.link.up.Load() {
			sleep(ctx, g.o.Beat/4)
			continue
		}
		_ = (*c).Receive(ctx, (*c).B().Subscribe().Channel(g.ackKey(g.me)).Build(), func(m rueidis.PubSubMessage) {
			peer, at, _ := strings.Cut(m.Message, " ")
			place, err := strconv.ParseInt(at, 10, 64)
			if err != nil {
				return
			}
			n := &g.news
			n.mu.Lock()
			defer n.mu.Unlock()
			if len(n.acked) > 10_000 {
				clear(n.acked) // of those that are gone
			}
			n.acked[peer] = place
			n.change()
		})
		sleep(ctx, g.o.Beat/4)
	}
}
