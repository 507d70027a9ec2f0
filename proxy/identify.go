package proxy

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
)

// A LaneRule puts calls into a lane. Empty fields match everything; the others
// are globs as path.Match takes them.
type LaneRule struct {
	Operation, UserAgent, Client string
	Lane                         limiter.Lane
}

func (r LaneRule) matches(operation, agent, client string) bool {
	return glob(r.Operation, operation) && glob(r.UserAgent, agent) && glob(r.Client, client)
}

// glob matches * against any characters, slashes included.
func glob(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	ok, _ := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(s, "/", "\x00"))
	return ok
}

// maxClientName bounds a name that a client makes up.
const maxClientName = 64

// clientHeader is how an application names itself, where its User-Agent is
// that of a library.
const clientHeader = "Notionproxy-Client"

// identify finds out whose call it is, what it may do, and what it wants.
func (p *Proxy) identify(c *call) error {
	if err := p.allowed(c); err != nil {
		return err
	}
	own := first(c.r.Header, "Authorization")
	if err := checkAuthorization(own); err != nil {
		return err
	}
	auth, err := c.set.Lend.authorize(own)
	if err != nil {
		return err
	}
	if auth == "" {
		return denied(http.StatusUnauthorized, notion.CodeUnauthorized, "no_token", "the call brings no Authorization header; send \"Authorization: Bearer \" and your Notion token")
	}
	if auth != own {
		p.heirs.lend(auth)
	}
	c.auth, c.owner = auth, cache.OwnerOf(auth)
	c.state, err = p.tokens.arrive(c.owner, c.x.Start)
	if !c.state.met && p.o.Access != nil {
		p.recognise(c.owner)
		c.state, err = p.tokens.arrive(c.owner, c.x.Start)
	}
	if err != nil {
		return err
	}
	p.knowToken(c)
	c.x.Connection = c.state.label()
	p.recent.note(c)
	p.readWishes(c)
	p.findCaller(c)
	return nil
}

// allowed says whether the settings let the operation through.
func (p *Proxy) allowed(c *call) error {
	op := c.match.Op
	if c.set.ReadOnly && (c.writes() || op.Kind == notion.Secret) {
		return denied(http.StatusForbidden, notion.CodeRestrictedResource, "read_only", "this proxy lets only reads through")
	}
	if list := c.set.Operations; len(list) > 0 && !slices.ContainsFunc(list, func(g string) bool { return glob(g, op.Name) }) {
		return denied(http.StatusForbidden, notion.CodeRestrictedResource, "operation", "this proxy does not let the operation "+op.Name+" through")
	}
	return nil
}

// checkAuthorization wants one scheme and one token of visible characters: a
// value that two programs could split in two ways is nobody's.
func checkAuthorization(value string) error {
	if value == "" {
		return nil
	}
	scheme, token, ok := strings.Cut(value, " ")
	if !ok || !isToken(token) {
		return denied(http.StatusUnauthorized, notion.CodeUnauthorized, "authorization", "the Authorization header is not of the form Bearer TOKEN")
	}
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Basic") {
		return denied(http.StatusUnauthorized, notion.CodeUnauthorized, "authorization", "the Authorization header is neither Bearer nor Basic")
	}
	return nil
}

func isToken(s string) bool {
	for i := range len(s) {
		if b := s[i]; b <= ' ' || b >= 0x7f || b == ',' {
			return false
		}
	}
	return s != ""
}

// findCaller names who asks, and puts the call into its lane.
func (p *Proxy) findCaller(c *call) {
	agent := first(c.r.Header, "User-Agent")
	client := first(c.r.Header, clientHeader)
	client = client[:min(len(client), maxClientName)]
	c.client = client
	if client == "" {
		client, _, _ = strings.Cut(agent, " ")
	}
	c.x.Client = printable(client)
	if lane, ok := priorityLane(c.r.Header); ok && !c.set.IgnoreDirectives {
		c.lane = lane
		return
	}
	for _, rule := range c.set.Lanes {
		if rule.matches(c.match.Op.Name, agent, client) {
			c.lane = rule.Lane
			return
		}
	}
}

// printable is a name as logs and pages can show it.
func printable(s string) string {
	s = s[:min(len(s), maxClientName)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r > 0xffff {
			return '?'
		}
		return r
	}, s)
}

// waitLeft is how much of the caller's patience is left.
func (c *call) waitLeft(now time.Time) time.Duration {
	return c.patience - now.Sub(c.x.Start)
}
