package replica

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/redis/rueidis"

	"notionproxy/notion"
)

const (
	edgeLife  = 48 * time.Hour // longer than any entry is kept by default
	edgesSeen = 100_000        // whose telling need not be repeated: 10 MB
	edgeBatch = 500
)

// edges share what stands above what in Notion's tree: a write names only what
// it changes, and the replica that it goes through must know the page whose
// text shows that, though it never read it.
type edges struct {
	g *Group

	mu   sync.Mutex
	told *simplelru.LRU[notion.Edge, time.Time]
	wait []notion.Edge
}

func newEdges(g *Group) *edges {
	told, _ := simplelru.NewLRU[notion.Edge, time.Time](edgesSeen, nil)
	return &edges{g: g, told: told}
}

func (x *edges) key(child notion.ID) string {
	return x.g.o.Prefix + "above:" + x.g.name("above", child[:])
}

// learn takes note of edges. It says whether there is something to write.
func (x *edges) learn(list []notion.Edge) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	for _, edge := range list {
		at, ok := x.told.Get(edge)
		if ok && now.Sub(at) < edgeLife/2 || len(x.wait) >= edgesSeen {
			continue
		}
		x.told.Add(edge, now)
		x.wait = append(x.wait, edge)
	}
	return len(x.wait) > 0
}

// write writes what was learnt. What fails is learnt again some time.
func (x *edges) write(ctx context.Context) {
	for {
		x.mu.Lock()
		some := x.wait[:min(len(x.wait), edgeBatch)]
		x.wait = x.wait[len(some):]
		x.mu.Unlock()
		if len(some) == 0 {
			return
		}
		err := x.g.link.do(ctx, func(ctx context.Context, c rueidis.Client) error {
			commands := make(rueidis.Commands, 0, len(some))
			for _, edge := range some {
				value := rueidis.BinaryString(x.g.seal(edge.Parent[:], "above", edge.Child[:]))
				commands = append(commands, c.B().Set().Key(x.key(edge.Child)).Value(value).Px(edgeLife).Build())
			}
			for _, r := range c.DoMulti(ctx, commands...) {
				if r.Error() != nil {
					return r.Error()
				}
			}
			return nil
		})
		if err != nil {
			x.unlearn(some)
		}
	}
}

func (x *edges) unlearn(list []notion.Edge) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, edge := range list {
		x.told.Remove(edge)
	}
}

func (x *edges) parent(ctx context.Context, child notion.ID) (parent notion.ID, ok bool) {
	var b []byte
	err := x.g.link.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		b, err = c.Do(ctx, c.B().Get().Key(x.key(child)).Build()).AsBytes()
		return err
	})
	if err != nil {
		return parent, false
	}
	plain, err := x.g.open(b, "above", child[:])
	return parent, err == nil && copy(parent[:], plain) == len(parent)
}
