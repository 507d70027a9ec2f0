package proxy

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"notionproxy/cache"
	"notionproxy/notion"
	"notionproxy/upstream"
)

const (
	// eventsTake is how long the event of a write of our own may take. Notion
	// aims at five minutes (2026-09).
	eventsTake = 10 * time.Minute

	maxExpected = 1000
)

// trust says whether Notion's events can be relied on to tell when an answer is
// not true any more. It begins with the first event, and is for tokens of the
// bot whose subscription that is. When the event of a write of our own is
// missing, it ends until one arrives. It is safe for concurrent use.
type trust struct {
	wanted   bool
	bot      atomic.Pointer[string] // nil before the first event
	since    atomic.Int64           // when trust last began, in Unix nanoseconds: what was told before may have been lost
	deadline atomic.Int64           // when the first expected event is missing, in Unix nanoseconds; 0: none is expected

	mu       sync.Mutex
	expected []expectation // the one that is due first comes first
	lastAt   time.Time     // when the last event came
}

// An expectation is a write of our own, of which an event should tell.
type expectation struct {
	objects []notion.ID // it names one of these
	due     time.Time
}

// told are the writes that Notion has events for, whoever made them.
var told = map[string]bool{
	"pages.create": true, "pages.update": true, "pages.move": true, "pages.markdown.update": true,
	"blocks.update": true, "blocks.delete": true, "blocks.children.append": true,
	"databases.create": true, "databases.update": true, "data_sources.create": true, "data_sources.update": true,
}

// event notes that one has arrived, of the bot's subscription.
func (t *trust) event(bot string, objects []notion.ID, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lastAt = now
	if !t.of(bot, now, now) {
		t.since.Store(now.UnixNano())
	}
	if known := t.bot.Load(); known == nil || *known != bot {
		t.bot.Store(&bot)
		t.expected = nil
	}
	t.expected = slices.DeleteFunc(t.expected, func(x expectation) bool {
		return !now.Before(x.due) || x.names(objects)
	})
	t.setDeadline()
}

// wrote notes a write that went well, of which an event should tell.
func (t *trust) wrote(bot string, objects []notion.ID, now time.Time) {
	if known := t.bot.Load(); !t.wanted || known == nil || *known != bot {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.expected) < maxExpected {
		t.expected = append(t.expected, expectation{objects: objects, due: now.Add(eventsTake)})
	}
	t.setDeadline()
}

// heard notes that an event that names these has arrived at another replica. It
// is not missing then; whether events arrive here it says nothing of.
func (t *trust) heard(objects []notion.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected = slices.DeleteFunc(t.expected, func(x expectation) bool { return x.names(objects) })
	t.setDeadline()
}

// names says whether an event that names objects is the expected one.
func (x expectation) names(objects []notion.ID) bool {
	return slices.ContainsFunc(x.objects, func(id notion.ID) bool { return slices.Contains(objects, id) })
}

func (t *trust) setDeadline() {
	if len(t.expected) == 0 {
		t.deadline.Store(0)
		return
	}
	t.deadline.Store(t.expected[0].due.UnixNano())
}

// of says whether the bot's answers of that birth are trusted now.
func (t *trust) of(bot string, born, now time.Time) bool {
	known, deadline := t.bot.Load(), t.deadline.Load()
	return t.wanted && known != nil && bot != "" && *known == bot &&
		born.UnixNano() >= t.since.Load() && (deadline == 0 || now.UnixNano() < deadline)
}

// trusts says whether events would have told if the owner's answers, asked for
// at born, were not true any more.
func (p *Proxy) trusts(o cache.Owner, born time.Time) bool {
	return p.trust.wanted && p.trust.bot.Load() != nil && p.trust.of(p.tokens.bot(o), born, time.Now())
}

// maxAbove bounds how far up an object's page is looked for.
const maxAbove = 16

// written are the objects of which one should stand in the event of a write:
// what it named, what it made, and what that stands in where it is a block,
// since an event tells of its page.
func (p *Proxy) written(a *ask, answer *upstream.Answer) []notion.ID {
	ids := a.match.PathIDs()
	var made struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(answer.Plain, &made) == nil {
		if id, ok := notion.ParseID(made.ID); ok {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || !strings.HasPrefix(a.match.Op.Name, "blocks.") {
		return ids
	}
	for id, n := ids[0], 0; n < maxAbove; n++ {
		above, ok := p.parent(id)
		if !ok || above.IsZero() {
			break
		}
		ids = append(ids, above)
		id = above
	}
	return ids
}

// Trust is how far events are relied on.
type Trust struct {
	Wanted    bool      // by the settings
	On        bool      // for tokens of the bot
	Bot       string    // whose subscription it is; "" before the first event
	LastEvent time.Time // zero before the first
	Expected  int       // writes of our own whose events have not arrived
}

// Trust tells how far events are relied on now.
func (p *Proxy) Trust() Trust {
	t := &p.trust
	t.mu.Lock()
	defer t.mu.Unlock()
	state := Trust{Wanted: t.wanted, LastEvent: t.lastAt, Expected: len(t.expected)}
	if bot := t.bot.Load(); bot != nil {
		now := time.Now()
		state.Bot, state.On = *bot, t.of(*bot, now, now)
	}
	return state
}
