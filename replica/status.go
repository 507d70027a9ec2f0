package replica

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

// pageLife is how long the status page is kept: longer than anybody believes
// it.
const pageLife = 15 * time.Minute

func (g *Group) pageKey() string { return g.o.Prefix + "status" }

// StatusPage returns Notion's status page as a replica last read it, and how
// long ago.
func (g *Group) StatusPage(ctx context.Context) (body []byte, ago time.Duration, ok bool) {
	var sealed []byte
	var left int64
	err := g.link.do(ctx, func(ctx context.Context, c rueidis.Client) (err error) {
		replies := c.DoMulti(ctx, c.B().Get().Key(g.pageKey()).Build(), c.B().Pttl().Key(g.pageKey()).Build())
		if sealed, err = replies[0].AsBytes(); err != nil {
			return err
		}
		left, err = replies[1].AsInt64()
		return err
	})
	if err != nil || left <= 0 {
		return nil, 0, false
	}
	body, err = g.open(sealed, "status")
	return body, max(0, pageLife-time.Duration(left)*time.Millisecond), err == nil
}

// ClaimStatusPage says whether this replica is the one to read the page, for
// that long. Without Redis each is.
func (g *Group) ClaimStatusPage(ctx context.Context, within time.Duration) bool {
	err := g.link.do(ctx, func(ctx context.Context, c rueidis.Client) error {
		return c.Do(ctx, c.B().Set().Key(g.pageKey()+":reader").Value(g.me).Nx().Px(within).Build()).Error()
	})
	return !rueidis.IsRedisNil(err)
}

// TellStatusPage has the others know the page.
func (g *Group) TellStatusPage(ctx context.Context, body []byte) {
	_ = g.link.do(ctx, func(ctx context.Context, c rueidis.Client) error {
		value := rueidis.BinaryString(g.seal(body, "status"))
		return c.Do(ctx, c.B().Set().Key(g.pageKey()).Value(value).Px(pageLife).Build()).Error()
	})
}
