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
		if home != "" && !sure {
			return g.alone(time.Now())
		}
		reply, err := g.askLender(ctx, key, home, d)
		if err != nil {
			return g.alone(g.link.lastGood())
		}
		if word, _ := reply[0].ToString(); word == "lent" && len(reply) == 7 {
			return g.loan(reply)
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

// home is the history of the server that keeps the budget, as far as is known,
// and whether it is safe to take its word.
func (g *Group) home(key string) (name string, sure bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	name = g.homes[key]
	if name == "" {
		name = g.homes[replicasKey] // most likely there is one server
	}
	h, ok := g.learnt[name]
	if !ok {
		return "", false
	}
	return name, !time.Now().Before(h.sure)
}

// moveHome notes that another server, or the same one after a break, keeps the
// budget. It finds out since when. It says whether that could be found out.
func (g *Group) moveHome(ctx context.Context, key, name string) bool {
	g.mu.Lock()
	before := g.homes[key]
	_, known := g.learnt[name]
	g.mu.Unlock()
	if !known || before != "" && before != name {
		if g.learn(ctx, name, before) != nil {
			return false
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.homes) >= maxHomes {
		list := g.homes[replicasKey]
		g.homes = map[string]string{replicasKey: list}
	}
	g.homes[key] = name
	return true
}

func (g *Group) askLender(ctx context.Context, key, home string, d limiter.Demand) ([]rueidis.RedisMessage, error) {
	var reply []rueidis.RedisMessage
	err := g.link.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		reply, err = lendScript.Exec(ctx, c, []string{g.o.Prefix + "{" + key + "}:budget"}, g.lendArgs(home, d)).ToArray()
		if err == nil && len(reply) < 2 {
			err = errAway
		}
		return err
	})
	return reply, err
}

func (g *Group) lendArgs(home string, d limiter.Demand) []string {
	g.mu.Lock()
	live, missing := len(g.peers.live), g.peers.missing
	if !slices.Contains(g.peers.live, g.me) {
		live++
	}
	g.mu.Unlock()
	missing = min(missing, max(0, g.o.Replicas-live))
	args := []string{
		home, g.me, itoa(d.Calls), itoa(int(d.Lane)), strconv.FormatFloat(d.Rate, 'g', -1, 64),
		itoa(d.Burst), itoa(d.Most), itoa(d.Reserve), itoa(d.Unused), strconv.FormatInt(d.Loan, 10),
		millis(g.o.Lease), millis(g.o.span()), millis(g.o.slot()), itoa(live), itoa(missing), itoa(g.o.Replicas),
		millis(d.Held), "0",
	}
	if d.Lift {
		args[17] = "1"
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
