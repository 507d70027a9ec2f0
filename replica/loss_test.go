package replica

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/replica/redistest"
)

// A Cluster whose node is lost goes on: with the node when it is back, empty,
// or with its copy, which may not know of the newest.

// What is lost is the more, the longer the minute is beside the time that a
// Cluster takes to go on.
const lossMinute = 3 * shortMinute

// losers are three replicas of a Cluster, whose callers want twice as many calls
// of a connection as there are. What there is leaves in the first half of each
// minute.
func losers(t *testing.T, c *redistest.Cluster, connection string, made *calls) (all []*member, stop func()) {
	t.Helper()
	o := shortOptions(c.URL())
	o.Window = lossMinute
	all = newMembersWith(t, 3, o, eager)
	eventually(t, "the budgets of all nodes are known well enough", func() bool { return lends(all[0].group, 12) })
	ctx, cancel := context.WithCancel(context.Background())
	const callers, wanted = 4, 2 * shortBudget
	callersOfAll := strollers(ctx, all, connection, callers, lossMinute*callers*3/wanted, made)
	stop = func() { cancel(); callersOfAll.Wait() }
	t.Cleanup(stop)
	return all, stop
}

// budgetKey is where the budget of a connection lies.
func budgetKey(g *Group, connection string) string {
	return g.o.Prefix + "{" + g.name("budget", []byte(connection)) + "}:budget"
}

// elsewhere is a connection whose budget does not lie on the node of the list of
// replicas, and where it does: with that list all budgets are spent apart.
func elsewhere(t *testing.T, c *redistest.Cluster) (connection, key string, node *redistest.Server) {
	t.Helper()
	g, err := New(shortOptions(c.URL()))
	require.NoError(t, err)
	list := c.Owner(g.o.Prefix + replicasKey)
	for i := range 100 {
		connection = fmt.Sprint("bot ", i)
		key = budgetKey(g, connection)
		if node = c.Owner(key); node != list {
			return connection, key, node
		}
	}
	t.Fatal("all budgets lie on one node")
	return "", "", nil
}

// areAtIt waits until half of a minute's calls have left, and others are about
// to: nobody asks for any when all have left.
func areAtIt(t *testing.T, made *calls) {
	t.Helper()
	eventually(t, "half of a minute's calls have left", func() bool {
		now := time.Now()
		n := made.since(now.Add(-lossMinute))
		return n > shortBudget/3 && n < shortBudget*2/3 && made.since(now.Add(-lossMinute/20)) > 0
	})
}

// assertSpentWell makes sure that no minute had more than the budget, and that
// from now on the whole of it is used.
func assertSpentWell(t *testing.T, made *calls, stop func()) {
	t.Helper()
	time.Sleep(lossMinute)
	again := time.Now()
	time.Sleep(lossMinute * 5 / 4) // they may leave at once, a minute apart
	stop()
	assert.LessOrEqual(t, made.most(lossMinute), shortBudget)
	assert.Greater(t, made.since(again), shortBudget*3/4, "the whole budget is used again")
	t.Log("calls in the fullest minute:", made.most(lossMinute))
}

// A node that is gone takes its keys along: nobody gets more than the budget,
// and all goes on when it is back, with nothing in it. It takes writes two
// seconds after its start.
func TestCluster_aNodeIsLost(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		ofList bool
		away   time.Duration
	}{
		"that of the budget, for a moment": {false, 0},
		"that of the list of replicas":     {true, lossMinute / 2},
	} {
		t.Run(name, func(t *testing.T) {
			if fault.ofList && os.Getenv("NOTIONPROXY_LONG") != "1" {
				t.Skip("all take a minute: set NOTIONPROXY_LONG=1")
			}
			t.Parallel()
			c := redistest.StartCluster(t)
			connection, _, lost := elsewhere(t, c)
			var made calls
			all, stop := losers(t, c, connection, &made)
			if fault.ofList {
				lost = c.Owner(all[0].group.o.Prefix + replicasKey)
			}
			areAtIt(t, &made)

			lost.Kill()
			time.Sleep(fault.away)
			lost.Restart()
			c.Wait()
			eventually(t, "all replicas are there again", func() bool { return together(all) && lends(all[0].group, 12) })
			assertSpentWell(t, &made, stop)
		})
	}
}

// A copy that takes over does not know of the newest that was lent, here of
// nothing: that budget is spent apart until it no longer counts.
func TestCluster_aCopyTakesOver(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t)
	connection, key, lost := elsewhere(t, c)
	heir := c.Copy(lost)
	redistest.Part(heir, lost)
	var made calls
	all, stop := losers(t, c, connection, &made)
	areAtIt(t, &made)

	heir.TakeOver()
	eventually(t, "the node knows", func() bool { return strings.HasPrefix(lost.Say("EXISTS", key), "-MOVED") })
	lost.Kill()
	eventually(t, "all replicas are there again", func() bool { return together(all) && lends(all[0].group, 12) })
	assertSpentWell(t, &made, stop)
}
