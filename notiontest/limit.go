package notiontest

import (
	"hash/fnv"
	"strconv"
	"time"
)

// windowLength is that of Notion's fixed windows.
const windowLength = 60 * time.Second

// Reasons of a 429, in additional_data.rate_limit_reason.
const (
	ReasonConnection = "public_api_request_rate_limit"
	ReasonWorkspace  = "public_api_space_request_rate_limit"
	ReasonEndpoint   = "public_api_endpoint_rate_limit"
	ReasonBlocked    = "public_api_request_blocked" // retrying never helps
)

// windows counts calls in fixed windows. The phase of each is random by seed:
// nobody outside knows when Notion's minute begins.
type windows struct {
	seed  uint64
	spent map[string]*window
}

type window struct {
	start time.Time
	calls int
}

// at is the current window for key.
func (ws *windows) at(key string, now time.Time) *window {
	w := ws.spent[key]
	if w == nil {
		h := fnv.New64a()
		h.Write(strconv.AppendUint([]byte(key), ws.seed, 10))
		phase := time.Duration(h.Sum64() % uint64(windowLength))
		w = &window{start: now.Truncate(windowLength).Add(phase - windowLength)}
		ws.spent[key] = w
	}
	if passed := now.Sub(w.start); passed >= windowLength || passed < 0 {
		*w = window{start: w.start.Add(passed / windowLength * windowLength)}
	}
	return w
}

// A bound is one limit that a call is under.
type bound struct {
	key    string
	limit  int
	reason string
}

// spend takes one call out of every budget that the call falls under, or says
// which one is spent. A refused call costs nothing.
func (n *Notion) spend(c *connection, op *operation, now time.Time) *problem {
	if c.blocked {
		return rateLimited(ReasonBlocked, "")
	}
	bounds := []bound{
		{"connection " + c.id, n.opts.RateLimit, ReasonConnection},
		{"workspace " + c.ws.id, n.opts.WorkspaceRateLimit, ReasonWorkspace},
		{"endpoint " + op.name + " " + c.id, n.opts.EndpointRateLimits[op.name], ReasonEndpoint},
	}
	for _, b := range bounds {
		if w := n.windows.at(b.key, now); b.limit > 0 && w.calls >= b.limit {
			left := windowLength - now.Sub(w.start)
			return rateLimited(b.reason, strconv.Itoa(int((left+time.Second-1)/time.Second)))
		}
	}
	for _, b := range bounds {
		n.windows.at(b.key, now).calls++
	}
	return nil
}

// SpendBudget uses up calls of a connection's current window, as another
// program with the same connection would.
func (n *Notion) SpendBudget(bot string, calls int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.windows.at("connection "+bot, time.Now()).calls += calls
}

// WindowEnd tells when a connection's current window ends.
func (n *Notion) WindowEnd(bot string) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.windows.at("connection "+bot, time.Now()).start.Add(windowLength)
}

// rateLimited is Notion's own 429. retry_after in the body is a string.
func rateLimited(reason, retryAfter string) *problem {
	p := plainProblem(429, "", "")
	if reason != "" {
		p.data = append(p.data, member{"rate_limit_reason", reason})
	}
	if retryAfter != "" {
		p.data = append(p.data, member{"retry_after", retryAfter})
		p.retryAfter = retryAfter
	}
	return p
}
