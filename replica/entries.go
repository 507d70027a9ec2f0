package replica

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"notionproxy/cache"
	"notionproxy/cache/seal"
	"notionproxy/notion"
)

const (
	// mostEntry is the largest entry that is shared. A larger one would take
	// longer than a command may.
	mostEntry = 2 << 20

	// mostSaves and mostSaveBytes bound what waits to be written. Beyond,
	// entries are not shared.
	mostSaves     = 1000
	mostSaveBytes = 32 << 20
)

// Memory is the store of entries of this replica.
type Memory interface {
	// Hear applies what another replica dropped.
	Hear(d cache.Drop)
}

// Entries are what all replicas have stored: a cache.Backing. An entry carries
// its place in the order of the news: those up to there were taken into account
// when it was stored, and whoever loads it goes by those after.
type Entries struct {
	g      *Group
	memory Memory
	edges  *edges

	mu     sync.Mutex
	log    dropLog
	mine   map[uint64]cache.Drop // told, but not heard yet, by Told's number
	untold map[uint64]func()     // to be called when Redis has them, by the same
	last   uint64                // of them
	queue  []save
	bytes  int64
	wakeup chan struct{}
}

// A save is an entry to be written, or something to be done after those before
// it.
type save struct {
	record        *cache.Record
	authorization string
	place         place
	then          func()
}

// Entries makes the store of entries that all replicas share. Attach has to
// follow, before Run.
func (g *Group) Entries() *Entries {
	e := &Entries{
		g: g, edges: newEdges(g), log: newDropLog(),
		mine: map[uint64]cache.Drop{}, untold: map[uint64]func(){}, wakeup: make(chan struct{}, 1),
	}
	g.Hear(dropNews, e.hear)
	g.Hear(missed, e.replaced)
	g.Miss(e.doubt)
	g.entries = e
	return e
}

// Attach says what hears of the others' drops.
func (e *Entries) Attach(m Memory) { e.memory = m }

// A place is where in the order of the news something stands.
type place struct {
	history string
	number  int64
}

// placeBytes is the length of a place as it stands before an entry.
const placeBytes = 20 + 8

func (p place) append(b []byte) []byte {
	var history [20]byte
	_, _ = hex.Decode(history[:], []byte(p.history[:min(len(p.history), 40)]))
	return binary.BigEndian.AppendUint64(append(b, history[:]...), uint64(p.number))
}

func placeOf(b []byte) place {
	return place{hex.EncodeToString(b[:20]), int64(binary.BigEndian.Uint64(b[20:placeBytes]))}
}

// place is up to where this replica has heard the news.
func (g *Group) place() (p place, ready bool) {
	g.news.mu.Lock()
	defer g.news.mu.Unlock()
	return place{g.news.history, g.news.heard}, g.news.ready
}

// key is where an entry lies, and name what it is sealed under.
func (e *Entries) key(owner cache.Owner, key cache.Key) (at string, name seal.Name) {
	name = e.g.keys.Name("redis entry", owner[:], key[:])
	text := append(make([]byte, 0, 128), e.g.o.Prefix...)
	text = append(text, "entry:"...)
	return string(hex.AppendEncode(text, name[:16])), name
}

// Load implements cache.Backing.
func (e *Entries) Load(ctx context.Context, w cache.Wanted) (*cache.Record, bool) {
	if _, ready := e.g.place(); !ready || !e.g.Current() {
		return nil, false
	}
	at, name := e.key(w.Question.Owner, w.Question.Key)
	var b []byte
	err := e.g.link.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		b, err = c.Do(ctx, c.B().Get().Key(at).Build()).AsBytes()
		return err
	})
	if err != nil || len(b) < placeBytes {
		return nil, false
	}
	// Nobody else has it, and another 30 KB for each entry would cost more than
	// the opening.
	plain, err := e.g.keys.Box(w.Authorization).OpenInPlace(b[placeBytes:], name, b[:placeBytes])
	if err != nil {
		return nil, false
	}
	r, err := cache.DecodeRecord(plain)
	if err != nil || !r.Born.After(w.After) {
		return nil, false
	}
	r, ok := e.judge(r, cache.Holder{Owner: r.Owner, Bot: w.Bot, Workspace: w.Workspace}, placeOf(b))
	if ok {
		e.g.hits.Add(1)
	}
	return r, ok
}

// judge goes by what was dropped since r, which is h's, was stored.
func (e *Entries) judge(r *cache.Record, h cache.Holder, p place) (*cache.Record, bool) {
	here, _ := e.g.place()
	e.mu.Lock()
	defer e.mu.Unlock()
	certain, doubtful := e.log.hits(r, h, p.number)
	for _, d := range e.mine {
		if d.Hits(r, h) {
			certain, doubtful = certain || d.Certain, true
		}
	}
	if certain {
		return nil, false
	}
	if doubtful || p.history != here.history || p.number < e.log.forgotten {
		r.Suspect = true // nobody knows all that happened since
	}
	return r, true
}

// Save implements cache.Backing.
func (e *Entries) Save(r *cache.Record, authorization string) {
	p, ready := e.g.place()
	if !ready || !e.g.link.up.Load() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) >= mostSaves || e.bytes+r.Bytes() > mostSaveBytes {
		return
	}
	e.queue = append(e.queue, save{record: r, authorization: authorization, place: p})
	e.bytes += r.Bytes()
	e.wake()
}

// afterSaves has f called when what waits has been written. It says whether it
// will be.
func (e *Entries) afterSaves(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) >= 2*mostSaves {
		return false
	}
	e.queue = append(e.queue, save{then: f})
	e.wake()
	return true
}

func (e *Entries) wake() {
	select {
	case e.wakeup <- struct{}{}:
	default:
	}
}

// write writes what is to be shared until ctx ends.
func (e *Entries) write(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-e.wakeup:
		case <-ctx.Done():
		}
		for _, s := range e.take() {
			if s.then != nil {
				s.then()
			} else {
				e.writeOne(ctx, s)
			}
		}
		e.edges.write(ctx)
	}
}

// take takes what waits: of a chain that has grown meanwhile the last form.
func (e *Entries) take() []save {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []save
	seen := map[cache.Key]bool{}
	for i := len(e.queue) - 1; i >= 0; i-- {
		s := e.queue[i]
		if s.then != nil {
			out = append(out, s)
		} else if id := cache.KeyOf(string(s.record.Owner[:]), string(s.record.Key[:])); !seen[id] {
			seen[id] = true
			out = append(out, s)
		}
	}
	e.queue, e.bytes = nil, 0
	slices.Reverse(out)
	return out
}

func (e *Entries) writeOne(ctx context.Context, s save) {
	r := s.record
	life := time.Until(r.KeepUntil)
	if life <= 0 || r.Bytes() > mostEntry {
		return
	}
	b := s.place.append(make([]byte, 0, placeBytes+int(r.Bytes())))
	plain, err := r.AppendBinary(nil)
	if err != nil {
		return
	}
	at, name := e.key(r.Owner, r.Key)
	b = e.g.keys.Box(s.authorization).Seal(b, plain, name, b[:placeBytes])
	_ = e.g.link.do(ctx, func(ctx context.Context, c rueidis.Client) error {
		return c.Do(ctx, c.B().Set().Key(at).Value(rueidis.BinaryString(b)).Px(life).Build()).Error()
	})
}

// Used implements cache.Backing. Which entries Redis keeps when it is full is
// its own matter: maxmemory-policy.
func (e *Entries) Used(cache.Owner, cache.Key) {}

// Learn implements cache.Backing.
func (e *Entries) Learn(list []notion.Edge) {
	if e.edges.learn(list) {
		e.wake()
	}
}

// Parent implements cache.Backing.
func (e *Entries) Parent(ctx context.Context, child notion.ID) (notion.ID, bool) {
	return e.edges.parent(ctx, child)
}
