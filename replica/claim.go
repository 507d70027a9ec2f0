package replica

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"notionproxy/cache"
)

const (
	// claimLife is how long the others leave a question to the one who asks it.
	// Most are answered within half a second.
	claimLife = 5 * time.Second

	firstLook   = 10 * time.Millisecond // at a claim of another
	longestLook = 100 * time.Millisecond
)

// releaseScript ends a claim, if it is still this replica's.
var releaseScript = rueidis.NewLuaScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`)

func (g *Group) claimKey(question cache.Key) string {
	return g.o.Prefix + "claim:" + g.name("claim", question[:])
}

// Claim makes this replica the one that asks Notion a question, until release.
// If another is at it already, it waits until that has stored the answer, or
// given up. Without Redis everybody is first.
func (g *Group) Claim(ctx context.Context, question cache.Key) (release func(), first bool) {
	key, me := g.claimKey(question), newName()
	err := g.link.do(ctx, func(ctx context.Context, c rueidis.Client) error {
		return c.Do(ctx, c.B().Set().Key(key).Value(me).Nx().Px(claimLife).Build()).Error()
	})
	switch {
	case err == nil:
		return func() { g.release(key, me) }, true
	case rueidis.IsRedisNil(err):
		g.awaitClaim(ctx, key)
		return func() {}, false
	}
	return func() {}, true
}

// release ends a claim, after the entry that it brought has been written.
func (g *Group) release(key, me string) {
	free := func() {
		_ = g.link.do(context.Background(), func(ctx context.Context, c rueidis.Client) error {
			return releaseScript.Exec(ctx, c, []string{key}, []string{me}).Error()
		})
	}
	if g.entries == nil || !g.entries.afterSaves(free) {
		go free()
	}
}

// awaitClaim waits for the end of somebody else's claim.
func (g *Group) awaitClaim(ctx context.Context, key string) {
	end := time.Now().Add(claimLife)
	for pause := firstLook; ctx.Err() == nil && time.Now().Before(end); pause = min(2*pause, longestLook) {
		sleep(ctx, pause)
		var there int64
		err := g.link.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
			there, err = c.Do(ctx, c.B().Exists().Key(key).Build()).AsInt64()
			return err
		})
		if err != nil || there == 0 {
			return
		}
	}
}
