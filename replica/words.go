package replica

import (
	"context"
	"encoding/json"
	"time"

	"github.com/redis/rueidis"

	"notionproxy/cache"
)

// Kinds of news about Notion.
const (
	refusedNews = "refused" // it refuses a token
	breakerNews = "breaker" // it is down for some calls, or back
)

// Hearer takes what other replicas found out about Notion.
type Hearer interface {
	HearRefused(o cache.Owner)
	HearBreaker(connection, family string, down bool)
}

// Listen says who hears what the others found out. Call it before Run.
func (g *Group) Listen(h Hearer) {
	g.Hear(refusedNews, func(x News) {
		var owner []byte
		if !x.Own && x.Age < time.Minute && json.Unmarshal(x.Body, &owner) == nil && len(owner) == len(cache.Owner{}) {
			h.HearRefused(cache.Owner(owner))
		}
	})
	g.Hear(breakerNews, func(x News) {
		var b breakerWord
		if !x.Own && x.Age < time.Minute && json.Unmarshal(x.Body, &b) == nil {
			h.HearBreaker(b.Connection, b.Family, b.Down)
		}
	})
}

type breakerWord struct {
	Connection string `json:"c"`
	Family     string `json:"f"`
	Down       bool   `json:"d,omitempty"`
}

// TellBreaker tells that Notion is down for a family of a connection's calls,
// still down, or back.
func (g *Group) TellBreaker(connection, family string, down bool) {
	g.Tell(breakerNews, breakerWord{connection, family, down})
}

// TellRefused tells that Notion refuses a token for certain.
func (g *Group) TellRefused(o cache.Owner) {
	g.Tell(refusedNews, o[:])
	go func() {
		_ = g.link.do(context.Background(), func(ctx context.Context, c rueidis.Client) error {
			return c.Do(ctx, c.B().Del().Key(g.tokenKey(o)).Build()).Error()
		})
	}()
}

func (g *Group) tokenKey(o cache.Owner) string { return g.o.Prefix + "token:" + g.name("token", o[:]) }

type tokenWord struct {
	Bot       string `json:"b,omitempty"`
	Workspace string `json:"w,omitempty"`
}

// TellToken tells that Notion has just taken a token, and whose it is, as far
// as is known. It counts for that long.
func (g *Group) TellToken(o cache.Owner, bot, workspace string, within time.Duration) {
	body, err := json.Marshal(tokenWord{bot, workspace})
	if err != nil {
		return
	}
	go func() {
		value := rueidis.BinaryString(g.seal(body, "token", o[:]))
		_ = g.link.do(context.Background(), func(ctx context.Context, c rueidis.Client) error {
			return c.Do(ctx, c.B().Set().Key(g.tokenKey(o)).Value(value).Px(within).Build()).Error()
		})
	}()
}

// Token is what another replica knows of a token that it told of within that
// time.
func (g *Group) Token(ctx context.Context, o cache.Owner, within time.Duration) (t struct {
	Bot, Workspace string
	Accepted       time.Duration // ago
}, ok bool) {
	var sealed []byte
	var left int64
	err := g.link.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		key := g.tokenKey(o)
		replies := c.DoMulti(ctx, c.B().Get().Key(key).Build(), c.B().Pttl().Key(key).Build())
		if sealed, err = replies[0].AsBytes(); err != nil {
			return err
		}
		left, err = replies[1].AsInt64()
		return err
	})
	if err != nil || left <= 0 || left > within.Milliseconds() {
		return t, false // a clock that was set back may keep it for longer than it is true
	}
	body, err := g.open(sealed, "token", o[:])
	var word tokenWord
	if err != nil || json.Unmarshal(body, &word) != nil {
		return t, false
	}
	t.Bot, t.Workspace, t.Accepted = word.Bot, word.Workspace, max(0, within-time.Duration(left)*time.Millisecond)
	return t, true
}
