package replica

import (
	"context"
	_ "embed"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"notionproxy/limiter"
)

//go:embed lend.lua
var lendText string

var lendScript = rueidis.NewLuaScript(lendText)

// maxHomes bounds of how many budgets it is remembered which server keeps them.
const maxHomes = 100_000

// Borrow implements limiter.Lender: it asks Redis, on a goroutine of its own.
func (g *Group) Borrow(d limiter.Demand, reply func(limiter.Loan)) {
	go func() { reply(g.lend(context.Background(), d)) }()
}

// lend asks Redis for a loan. Whatever goes wrong comes to the same: nobody
// lends. If Redis lent calls and its word was lost, they count as spent.
func (g *Group) lend(ctx context.Context, d limiter.Demand) limiter.Loan {
	key := g.name("budget", []byte(d.Connection))
	for range 3 {
		home, sure := g.home(key)
		if home.history != "" && !sure {
			return g.forgotten(home)
		}
		asked := time.Now()
		reply, err := g.askLender(ctx, key, home, d)
		if err != nil {
			return g.alone(g.link.lastGood())
		}
		switch word, _ := reply[0].ToString(); {
		case word == "lent" && len(reply) == 8:
			g.keepsSince(key, number(reply[7]), asked)
			return g.loan(reply)
		case word == "forgot" && len(reply) == 3:
			g.forgets(key, number(reply[1]), ms(reply[2]))
			continue // to what is known of it now
		}
		if name, _ := reply[1].ToString(); !g.moveHome(ctx, key, name) {
			return g.alone(time.Now())
		}
	}
	return g.alone(time.Now())
}

func (g *Group) alone(seen time.Time) limiter.Loan {
	return limiter.Loan{Alone: true, Replicas: g.o.Replicas, Cut: time.Since(seen), Blind: g.o.blind()}
}

// forgotten is what a connection does while its budget's server may have
// forgotten calls. Where it forgot them before this replica first heard what
// all have spent, that is not known here either.
func (g *Group) forgotten(h home) limiter.Loan {
	now := time.Now()
	loan := g.alone(now)
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(h.sure) {
		loan.Lost = h.lost
	} else {
		loan.Lost = h.born/1000+g.o.good().Milliseconds() >= g.learnt[h.history].since
	}
	return loan
}

// A home is the server that keeps a budget, or the list of replicas.
type home struct {
	history string    // what its data went through, as it calls that
	born    int64     // since when it has kept the budget, on its clock, in microseconds
	spoke   time.Time // when it said so, or earlier
	lost    bool      // it had forgotten the budget before that, as somebody noticed
	sure    time.Time // since when that no longer matters
}

// home is the server that keeps the budget, as far as is known, and whether it
// is safe to take its word.
func (g *Group) home(key string) (h home, sure bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h = g.homes[key]
	if h.history == "" {
		h.history = g.homes[replicasKey].history // most likely there is one server
	}
	now := time.Now()
	learnt, ok := g.learnt[h.history]
	if !ok {
		return home{}, false
	}
	return h, !now.Before(learnt.sure) && !now.Before(h.sure)
}

// keepsSince notes since when the server has kept the budget, as it said when
// it was asked then or later.
func (g *Group) keepsSince(key string, born int64, asked time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.homes[key]
	h.born, h.spoke = born, asked
	g.setHome(key, h)
}

// forgets notes that the server had forgotten the budget before it kept it
// since then, and how long ago that was noticed: it was emptied, or ran out of
// memory and threw that out.
func (g *Group) forgets(key string, born int64, ago time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.homes[key]
	h.lost, h.sure = h.born == born, time.Now().Add(g.o.settles()-ago)
	g.setHome(key, h)
}

// setHome is called with mu locked.
func (g *Group) setHome(key string, h home) {
	if h.history == "" {
		h.history = g.homes[replicasKey].history
	}
	if _, known := g.homes[key]; !known && len(g.homes) >= maxHomes {
		g.homes = map[string]home{replicasKey: g.homes[replicasKey]}
	}
	g.homes[key] = h
}

// moveHome notes that another server, or the same one after a break, keeps the
// budget. It finds out since when. It says whether that could be found out.
func (g *Group) moveHome(ctx context.Context, key, name string) bool {
	g.mu.Lock()
	before := g.homes[key].history
	_, known := g.learnt[name]
	g.mu.Unlock()
	if !known || before != "" && before != name {
		if g.learn(ctx, name, before) != nil {
			return false
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.setHome(key, home{history: name})
	return true
}

func (g *Group) askLender(ctx context.Context, key string, h home, d limiter.Demand) ([]rueidis.RedisMessage, error) {
	var reply []rueidis.RedisMessage
	err := g.link.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		reply, err = lendScript.Exec(ctx, c, []string{g.o.Prefix + "{" + key + "}:budget"}, g.lendArgs(h, d)).ToArray()
		if err == nil && len(reply) < 2 {
			err = errAway
		}
		return err
	})
	return reply, err
}

func (g *Group) lendArgs(h home, d limiter.Demand) []string {
	g.mu.Lock()
	live, missing := len(g.peers.live), len(g.peers.missing)
	if !slices.Contains(g.peers.live, g.me) {
		live++
	}
	g.mu.Unlock()
	missing = min(missing, max(0, g.o.Replicas-live))
	args := []string{
		h.history, g.me, itoa(d.Calls), itoa(int(d.Lane)), strconv.FormatFloat(d.Rate, 'g', -1, 64),
		itoa(d.Burst), itoa(d.Most), itoa(d.Reserve), itoa(d.Unused), strconv.FormatInt(d.Loan, 10),
		millis(g.o.Lease), millis(g.o.span()), millis(g.o.slot()), itoa(live), itoa(missing), itoa(g.o.Replicas),
		millis(d.Held), "0", "0", millis(g.o.settles()),
	}
	if d.Lift {
		args[17] = "1"
	}
	if time.Since(h.spoke) < g.o.span() {
		args[18] = strconv.FormatInt(h.born, 10) // or it may have been let go by right
	}
	for _, s := range d.Spent {
		args = append(args, millis(s.Ago), itoa(s.Calls))
	}
	return args
}

func itoa(n int) string { return strconv.Itoa(n) }

// loan reads what the script replied.
func (g *Group) loan(reply []rueidis.RedisMessage) limiter.Loan {
	tokens, _ := reply[4].AsFloat64()
	l := limiter.Loan{
		Calls: int(number(reply[1])), Number: number(reply[2]), Life: g.o.Lease,
		Wait: ms(reply[3]), Tokens: tokens, Held: ms(reply[5]),
	}
	g.lent.Add(int64(l.Calls))
	if l.Wait > 0 { // not all at the same moment
		l.Wait += rand.N(l.Wait/8 + time.Millisecond)
	}
	window, _ := reply[6].ToArray()
	for i := 0; i+1 < len(window); i += 2 {
		l.Window = append(l.Window, limiter.Spent{Ago: ms(window[i]), Calls: int(number(window[i+1]))})
	}
	slices.SortFunc(l.Window, func(a, b limiter.Spent) int { return int(b.Ago - a.Ago) })
	return l
}

func ms(m rueidis.RedisMessage) time.Duration { return time.Duration(number(m)) * time.Millisecond }

// heldNews is the kind of news that says what Notion holds.
const heldNews = "held"

// Held implements limiter.Lender: all others hear of it.
func (g *Group) Held(h limiter.Hold) { g.Tell(heldNews, h) }

// heed passes on what another replica was told by Notion.
func (g *Group) heed(x News) {
	var h limiter.Hold
	if x.Own || json.Unmarshal(x.Body, &h) != nil {
		return
	}
	h.RetryAfter -= x.Age
	g.budgets.Heed(h)
}
