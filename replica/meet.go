package replica

import (
	"context"
	_ "embed"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

//go:embed meet.lua
var meetText string

var meetScript = rueidis.NewLuaScript(meetText)

// missingFor is how long a replica that went without a word is taken to be
// spending its part of the budgets somewhere. One that crashed costs its part
// until then, or until another has come in its place.
const missingFor = time.Hour

// vetoBeats is how many beats a server is left alone that nobody here knew
// before: if it has forgotten something, one of the others says so.
const vetoBeats = 6

// peers is what is known of the other replicas.
type peers struct {
	live    []string
	missing []string
	noticed bool // people were told how it is
	joined  bool // the others count on this one
}

// A history is what a server's data went through without a break. When it
// changes, the newest of it may be lost: it began anew, or another took over.
type history struct {
	since int64     // when the server first heard of it, on its clock
	sure  time.Time // since when nothing lost counts any more
}

// beat tells the others again and again that this replica is there, and finds
// out whether Redis is.
func (g *Group) beat(ctx context.Context) {
	for ctx.Err() == nil {
		g.meet(ctx)
		sleep(ctx, g.o.Beat)
	}
}

// meet is one beat. A replica that has not told all that it spent is apart:
// the others leave it its part of the budgets.
func (g *Group) meet(ctx context.Context) {
	untold := 0
	if g.link.up.Load() && g.budgets != nil {
		untold = g.budgets.Rejoin()
	}
	mode := "live"
	if untold > 0 || !g.link.up.Load() || !g.settled() {
		mode = "apart"
	}
	if err := g.say(ctx, mode, g.link.ping); err != nil {
		g.notice(false, err)
		return
	}
	g.link.answers()
	g.notice(mode == "live", nil)
	g.relearn(ctx)
}

// notice notes whether this replica is one of the others, and has people hear
// of it when that changes.
func (g *Group) notice(joined bool, err error) {
	g.mu.Lock()
	before, first := g.peers.joined, !g.peers.noticed
	if first && err != nil && time.Since(g.began) < g.o.good() {
		g.mu.Unlock()
		return // it is being connected
	}
	g.peers.joined, g.peers.noticed = joined, g.peers.noticed || joined || err != nil
	g.mu.Unlock()
	switch {
	case joined == before && (!first || err == nil):
	case joined:
		g.o.Notice("Redis is there: the replicas are one")
	case err != nil:
		g.o.Warn("Redis is away, this replica goes on alone with its part of each budget: " + reason(err))
	default:
		g.o.Warn("Redis is there and may have forgotten something: this replica goes on alone for a minute")
	}
}

// reason is an error of Redis in words that hold nothing of what was asked.
func reason(err error) string {
	if text := err.Error(); len(text) <= 200 {
		return text
	}
	return "it answers with a long error"
}

// settled says whether the server that keeps the list of replicas has been
// known for long enough.
func (g *Group) settled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	h, ok := g.learnt[g.homes[replicasKey].history]
	return ok && !time.Now().Before(h.sure)
}

// replicasKey is where the list of replicas and of histories is.
const replicasKey = "{replicas}"

// say tells the others how this replica is, and learns how they are.
func (g *Group) say(ctx context.Context, mode string, do runner) error {
	start := time.Now()
	g.mu.Lock()
	known := g.homes[replicasKey].history
	since := g.learnt[known].since
	peers := slices.Concat(g.peers.live, g.peers.missing)
	g.mu.Unlock()
	reply, err := g.meeting(ctx, do, mode, word{known: known, since: since})
	if err != nil {
		return err
	}
	name, _ := reply[0].ToString()
	if known != "" && (name != known || number(reply[2]) != since) {
		// It may have forgotten who is there. One that is cut off just now
		// would spend its part and nobody would leave it that.
		reply, err = g.meeting(ctx, do, mode, word{known: name, since: number(reply[2]), peers: peers})
		if err != nil {
			return err
		}
	}
	name, _ = reply[0].ToString()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.homes[replicasKey] = home{history: name}
	g.learnt[name] = g.historyOf(reply, start)
	g.peers.missing, _ = reply[4].AsStrSlice()
	g.peers.live, _ = reply[5].AsStrSlice()
	g.setClock(ms(reply[1]))
	return nil
}

// A word is what a replica tells the server that keeps the list.
type word struct {
	known string   // the history that it took it for
	since int64    // and since when it was to have that
	other string   // another server's history, where that is meant
	peers []string // that were there before
}

// A runner runs a command: link.do or link.ping.
type runner func(context.Context, func(context.Context, rueidis.Client) error) error

// setClock notes what Redis' clock shows, and clock is what it shows now: the
// time since 1970.
func (g *Group) setClock(now time.Duration) { g.beganAt.Store(int64(now - time.Since(g.began))) }
func (g *Group) clock() time.Duration       { return time.Duration(g.beganAt.Load()) + time.Since(g.began) }

func (g *Group) meeting(ctx context.Context, do runner, mode string, w word) (reply []rueidis.RedisMessage, err error) {
	keys := []string{g.o.Prefix + replicasKey, g.o.Prefix + replicasKey + ":histories"}
	args := append([]string{
		g.me, millis(g.o.good()), mode, w.known, millis(missingFor), w.other, strconv.FormatInt(w.since, 10),
	}, w.peers...)
	err = do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		reply, err = meetScript.Exec(ctx, c, keys, args).ToArray()
		if err == nil && len(reply) != 6 {
			err = errAway
		}
		return err
	})
	return reply, err
}

// learn finds out what that server's data went through, before which another
// history was known here if known is not empty.
func (g *Group) learn(ctx context.Context, name, known string) error {
	start := time.Now()
	reply, err := g.meeting(ctx, g.link.do, "asks", word{known: known, other: name})
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.learnt[name] = g.historyOf(reply, start)
	return nil
}

// relearn asks again for the servers that are not sure yet: another replica may
// have known what was before.
func (g *Group) relearn(ctx context.Context) {
	g.mu.Lock()
	var unsure []string
	for name, h := range g.learnt {
		if name != g.homes[replicasKey].history && time.Now().Before(h.sure) {
			unsure = append(unsure, name)
		}
	}
	g.mu.Unlock()
	for _, name := range unsure {
		_ = g.learn(ctx, name, "") // or at the next beat
	}
}

// historyOf reads when a server's history began, on this machine's clock.
func (g *Group) historyOf(reply []rueidis.RedisMessage, start time.Time) history {
	age := time.Duration(number(reply[1])-number(reply[2])) * time.Millisecond
	settles := vetoBeats * g.o.Beat
	if number(reply[3]) == 1 {
		settles = g.o.settles()
	}
	// The reply is younger than start: what counts from there ends too late
	// and not too early.
	return history{since: number(reply[2]), sure: time.Now().Add(settles - age).Add(time.Since(start))}
}

// leave says good-bye: nothing is spent here any more.
func (g *Group) leave() {
	ctx := context.WithoutCancel(context.Background())
	if g.budgets == nil || g.budgets.Rejoin() == 0 {
		_ = g.say(ctx, "gone", g.link.do)
	}
}

func millis(d time.Duration) string { return strconv.FormatInt(max(0, d.Milliseconds()), 10) }

// number is the number that a reply is; zero if it is none.
func number(m rueidis.RedisMessage) int64 {
	n, err := m.AsInt64()
	if err != nil {
		return 0
	}
	return n
}
