package replica

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/replica/redistest"
)

// What replicas are to each other they are over a Cluster too, where keys lie
// on several servers, each with a history of its own.

func TestCluster_budgetsAreOne(t *testing.T) {
	c := redistest.StartCluster(t)
	all := newMembers(t, 3, shortOptions(c.URL()))
	eventually(t, "the budgets of all nodes are known well enough", func() bool { return lends(all[0].group, 12) })
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
	defer cancel()
	var made calls

	crowd(ctx, all, 6, &made).Wait()

	assert.LessOrEqual(t, made.most(shortMinute), shortBudget)
	assert.Greater(t, len(made.left), 3*shortBudget/2, "most of three minutes' budget is used, even on a busy machine")
	assertOnAllNodes(t, c, all[0].group)
}

// lends says whether calls are lent of that many budgets, wherever they lie.
func lends(g *Group, budgets int) bool {
	for i := range budgets {
		d := limiter.Demand{Connection: fmt.Sprint("bot ", i), Calls: 1, Rate: 2.85, Burst: 30, Most: 171}
		if l := g.lend(context.Background(), d); l.Alone {
			return false
		}
	}
	return true
}

// assertOnAllNodes makes sure that the test has used all nodes.
func assertOnAllNodes(t *testing.T, c *redistest.Cluster, g *Group) {
	t.Helper()
	nodes := map[*redistest.Server]bool{}
	for i := range 12 {
		nodes[c.Owner(g.o.Prefix+"{"+g.name("budget", []byte(fmt.Sprint("bot ", i)))+"}:budget")] = true
	}
	assert.Len(t, nodes, len(c.Nodes), "budgets lie on all nodes")
}

func TestCluster_entriesAreSharedAndDropsHeard(t *testing.T) {
	c := redistest.StartCluster(t)
	a, b := newStoring(t, c.URL()), newStoring(t, c.URL())
	storingTogether(t, a, b)

	for n := range 20 {
		a.put(n, 7, a.Begin(), time.Now())
	}
	for n := range 20 {
		eventually(t, "the other has it", func() bool { v, ok := b.look(n, true); return ok && v == 7 })
	}
	told := 0
	for n := range 20 {
		a.Wrote(cache.Write{Owner: owner, Tags: tagsOf(n), Certain: true}, time.Now())
		if a.Told(context.Background(), a.entries.last) {
			told++
			_, kept := b.look(n, false)
			assert.False(t, kept, "page %d after a write that was told", n)
		}
	}
	assert.Greater(t, told, 15, "nearly all within 50 ms")

	var edges []notion.Edge
	for n := range 20 {
		edges = append(edges, notion.Edge{Child: pageID(n), Parent: pageID(100 + n)})
	}
	a.entries.Learn(edges)
	for n := range 20 {
		eventually(t, "the tree is known to the other", func() bool {
			parent, ok := b.entries.Parent(context.Background(), pageID(n))
			return ok && parent == pageID(100+n)
		})
	}
}

func TestCluster_oneAsksForAll(t *testing.T) {
	c := redistest.StartCluster(t)
	a, b := newListener(t, c.URL()), newListener(t, c.URL())
	liveTogether(t, a, b)
	ctx := context.Background()
	for n := range 12 {
		key := cache.KeyOf(fmt.Sprint("question ", n))
		release, first := a.Claim(ctx, key)
		require.True(t, first)
		var waiting sync.WaitGroup
		waiting.Go(func() {
			_, first := b.Claim(ctx, key)
			assert.False(t, first)
		})
		time.Sleep(20 * time.Millisecond)
		release()
		waiting.Wait()
		eventually(t, "it is free again", func() bool {
			release, first := b.Claim(ctx, key)
			release()
			return first
		})
	}
	a.TellToken(owner, "bot", "space", time.Minute)
	eventually(t, "the other knows the token", func() bool {
		got, ok := b.Token(ctx, owner, time.Minute)
		return ok && got.Bot == "bot"
	})
	assert.True(t, a.ClaimStatusPage(ctx, time.Minute))
	assert.False(t, b.ClaimStatusPage(ctx, time.Minute))
}
