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
	if err != nil || left <= 0 || left > pageLife.Milliseconds() {
		return nil, 0, false // a clock that was set back may keep it for longer than it is true
	}
	body, err = g.open(sealed, "status")
	return body, max(0, pageLife-time.Duration(left)*time.Millisecond), err == nil
}

// claimScript takes a turn that nobody has, or that somebody has for longer than
// anybody may: since before the clock was set back.
var claimScript = rueidis.NewLuaScript(`local free = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
if not free and redis.call('PTTL', KEYS[1]) <= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

// ClaimStatusPage says whether this replica is the one to read the page, for
// that long. Without Redis each is.
func (g *Group) ClaimStatusPage(ctx context.Context, within time.Duration) bool {
	mine := true
	_ = g.link.do(ctx, func(ctx context.Context, c rueidis.Client) error {
		n, err := claimScript.Exec(ctx, c, []string{g.pageKey() + ":reader"}, []string{g.me, millis(within)}).AsInt64()
		mine = err != nil || n == 1
		return err
	})
	return mine
}

// TellStatusPage has the others know the page.
func (g *Group) TellStatusPage(ctx context.Context, body []byte) {
	_ = g.link.do(ctx, func(ctx context.Context, c rueidis.Client) error {
		value := rueidis.BinaryString(g.seal(body, "status"))
		return c.Do(ctx, c.B().Set().Key(g.pageKey()).Value(value).Px(pageLife).Build()).Error()
	})
}
