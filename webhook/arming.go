package webhook

import (
	"net/http"
	"sync"
	"time"
)

// arming is whether a handshake is waited for: until then anybody could send
// one, and with it a secret of their own.
type arming struct {
	mu    sync.Mutex
	until time.Time
}

func (a *arming) is(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return now.Before(a.until)
}

// use ends the waiting, and says whether it was on: only one handshake is
// taken.
func (a *arming) use(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := now.Before(a.until)
	a.until = time.Time{}
	return was
}

func (a *arming) set(until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.until = until
}

// Arm has the next handshake taken, if it comes within d. The error says why
// the token that it brings could not be kept; nothing is waited for then, since
// Notion shows a token once.
func (r *Receiver) Arm(d time.Duration) error {
	if err := r.o.Secret.prepare(); err != nil {
		return err
	}
	r.arming.set(time.Now().Add(d))
	r.o.Report("waiting for the handshake of Notion's webhooks")
	return nil
}

// shakeHands keeps the token that Notion will sign with. People copy it from
// the file to Notion, which shows Notion that it reached them.
func (r *Receiver) shakeHands(token string, now time.Time) (status int) {
	if !r.arming.use(now) {
		r.counts.refused.Add(1)
		return http.StatusUnauthorized
	}
	if err := r.o.Secret.set(token); err != nil {
		r.o.Warn(err.Error())
		return http.StatusInternalServerError
	}
	r.o.Report("took the handshake of Notion's webhooks: the verification token is in " + r.o.Secret.Path())
	return http.StatusOK
}
