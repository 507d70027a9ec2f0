package replica

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"notionproxy/cache"
)

// untoldKind is what drops are sealed as that the disk keeps: on whatever it is,
// they tell no more than they do in Redis.
const untoldKind = "untold"

// keep has the disk, if there is one, keep a drop until told is called.
func (e *Entries) keep(t toldDrop) (told func()) {
	body, err := json.Marshal(t)
	if e.g.keeper == nil || err != nil {
		return func() {}
	}
	return e.g.keeper.KeepUntold(e.g.seal(body, untoldKind))
}

// Intend implements cache.Backing. If this process does not survive the write,
// the next one tells that it may have been carried out.
func (e *Entries) Intend(ctx context.Context, d cache.Drop) (ended func()) {
	if e.g.keeper == nil {
		return func() {}
	}
	told := e.keep(tell(d))
	e.g.keeper.Settle(ctx)
	return told
}

// toldUpTo notes that Redis has the news up to that number.
func (g *Group) toldUpTo(last uint64) {
	if e := g.entries; e != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		maps.DeleteFunc(e.untold, func(number uint64, told func()) bool {
			if number <= last {
				told()
			}
			return number <= last
		})
	}
}

// retell tells what earlier processes left untold. What they had just told may
// be told twice: that costs the others what they have read of it since, and no
// more.
func (g *Group) retell() {
	if g.entries != nil && g.keeper != nil {
		g.keeper.Untold(g.entries.retellOne)
	}
}

func (e *Entries) retellOne(news []byte, told func()) {
	var t toldDrop
	body, err := e.g.open(news, untoldKind)
	if err != nil || json.Unmarshal(body, &t) != nil {
		t = tell(cache.Drop{Reach: cache.Everyone}) // under a secret that is gone: who knows what it was
	}
	d := t.drop(time.Now(), 0)
	d.Heard = false
	e.mu.Lock()
	defer e.mu.Unlock()
	e.announce(t, d, told)
}
