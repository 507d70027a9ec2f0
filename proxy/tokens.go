package proxy

import (
	"net/http"
	"sync"
	"time"

	"notionproxy/cache"
	"notionproxy/notion"
)

// maxRetrying bounds the connections whose retries are counted.
const maxRetrying = 10_000

const (
	firstRefusal   = 10 * time.Second
	longestRefusal = 5 * time.Minute
)

// tokenState is what is known of a token. It is a value: what somebody holds
// does not change under them.
type tokenState struct {
	budget     string // the token's digest; the limiter knows which connection it is
	bot        string // "" until it is known
	workspace  string // "" until it is known
	acceptedAt time.Time
	refusal    uint64    // when it was last suspended, on the tokens' clock
	told       time.Time // when the other replicas were last told of it

	refusedUntil time.Time // answered 401 by us until then
	refusedFor   time.Duration

	suspended bool // Notion answered 401; nothing stored goes out until that is cleared
	asked     bool // users/me was asked, or is being asked
	met       bool // what an earlier process knew of it has been looked up
}

// label is what logs call the token: 8 hex digits of its digest.
func (s *tokenState) label() string { return s.budget[:min(8, len(s.budget))] }

// accepted says whether Notion took the token no longer than ttl ago, so that
// a stored answer may stand for its own.
func (s tokenState) accepted(now time.Time, ttl time.Duration) bool {
	return !s.suspended && !s.acceptedAt.IsZero() && now.Before(s.acceptedAt.Add(ttl))
}

// tokens remembers tokens by their digests, never themselves. It is safe for
// concurrent use.
type tokens struct {
	mu   sync.Mutex
	tick uint64 // a clock that orders refusals and calls
	seen *tokenBook
}

func newTokens() *tokens { return &tokens{seen: newTokenBook(maxTokens)} }

// state returns the token's state, and remembers it from now on. Call it locked.
func (t *tokens) state(o cache.Owner) *knownToken {
	if s := t.seen.get(o); s != nil {
		return s
	}
	return t.seen.add(o)
}

// known returns what is known of the token. Call it locked.
func (t *tokens) known(o cache.Owner) tokenState {
	if s := t.seen.get(o); s != nil {
		return s.tokenState
	}
	return newTokenState(o)
}

// arrive returns the token's state, or the answer to a token that Notion has
// refused for certain a moment ago.
func (t *tokens) arrive(o cache.Owner, now time.Time) (tokenState, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.known(o)
	if now.Before(s.refusedUntil) {
		return s, denied(http.StatusUnauthorized, notion.CodeUnauthorized, "token_refused",
			"API token is invalid: Notion refused it moments ago; send another, which is tried at once, or this one again in "+wholeSeconds(s.refusedUntil.Sub(now)))
	}
	return s, nil
}

func (t *tokens) now(o cache.Owner) tokenState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known(o)
}

// workspace is the token's workspace, "" while it is not known.
func (t *tokens) workspace(o cache.Owner) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.seen.peek(o); s != nil {
		return s.workspace
	}
	return ""
}

// bot is the token's connection, "" while it is not known.
func (t *tokens) bot(o cache.Owner) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.seen.peek(o); s != nil {
		return s.bot
	}
	return ""
}

// clock dates a call that is about to leave.
func (t *tokens) clock() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tick
}

// accept records that Notion took the token, for a call that left at the given
// time of clock: what Notion refused since then stays refused. It says whether
// somebody should ask who the token is.
func (t *tokens) accept(o cache.Owner, left uint64, now time.Time) (ask bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state(o)
	if s.refusal > left {
		return false
	}
	ask = !s.asked
	s.acceptedAt, s.suspended, s.asked = now, false, true
	s.refusedUntil, s.refusedFor = time.Time{}, 0
	return ask
}

// learn records what another replica knows of the token, unless Notion has
// refused it here since that was asked for, at the given time of clock.
func (t *tokens) learn(o cache.Owner, k KnownToken, refusal uint64, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state(o)
	if s.suspended || s.refusal != refusal || now.Add(-k.Accepted).Before(s.acceptedAt) {
		return false
	}
	s.acceptedAt = now.Add(-k.Accepted)
	if k.Bot != "" {
		t.seen.identify(s, k.Bot, k.Workspace)
		s.asked = true
	}
	return true
}

// tells says whether the others should hear that Notion takes the token: that
// is told every now and then.
func (t *tokens) tells(o cache.Owner, every time.Duration, now time.Time) (s tokenState, tell bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	state := t.state(o)
	tell = now.Sub(state.told) >= every
	if tell {
		state.told = now
	}
	return state.tokenState, tell
}

// suspend stops the token's hits. It says whether somebody should ask whether
// the token is really refused.
func (t *tokens) suspend(o cache.Owner) (ask bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state(o)
	ask = !s.suspended
	t.tick++
	s.suspended, s.refusal = true, t.tick
	return ask
}

// refuse records that Notion refuses the token for certain.
func (t *tokens) refuse(o cache.Owner, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state(o)
	t.tick++
	s.suspended, s.refusal, s.acceptedAt = true, t.tick, time.Time{}
	s.refusedFor = min(max(firstRefusal, 2*s.refusedFor), longestRefusal)
	s.refusedUntil = now.Add(s.refusedFor)
}

// unknown lets users/me be asked again, since the last time did not tell.
func (t *tokens) unknown(o cache.Owner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.seen.peek(o); s != nil {
		s.asked = false
	}
}

// identify records which connection the token is, and returns what is known of
// it now.
func (t *tokens) identify(o cache.Owner, bot, workspace string) tokenState {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state(o)
	t.seen.identify(s, bot, workspace)
	s.asked = true
	s.told = time.Time{} // there is something new to tell
	return s.tokenState
}
