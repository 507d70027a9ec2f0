package proxy

import (
	"strings"
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
)

// A Selection is what an operator means by some entries. What is zero does not
// narrow it.
type Selection struct {
	Object     notion.ID
	Operation  string
	Connection string // a bot id, or the beginning of a token's digest as logs show it
}

// Purge removes what is meant from the store and returns how many entries
// went. What is under way does not bring it back.
func (p *Proxy) Purge(which Selection) int {
	defer p.store.Settle(p.flightLife())
	n := p.store.Purge(which.stored(), time.Now())
	p.forgetGone()
	return n
}

// Entries lists what is meant, what is read most first: at most limit entries
// after the first skip; and how many there are in all.
func (p *Proxy) Entries(which Selection, skip, limit int) ([]cache.Entry, int) {
	return p.store.Entries(which.stored(), skip, limit, time.Now())
}

// Stored counts what is stored.
func (p *Proxy) Stored() cache.Stats { return p.store.Stats() }

// stored is what the store calls that.
func (which Selection) stored() cache.Selection {
	s := cache.Selection{Object: which.Object, Operation: which.Operation}
	if which.Connection == "" {
		return s
	}
	s.Owners = []string{strings.ToLower(which.Connection)}
	if bot, ok := notion.ParseID(which.Connection); ok {
		s.Bot = bot.String()
	}
	return s
}

// A Budget is what the connection of a token may spend.
type Budget struct {
	Connection string // the token's digest as logs show it
	limiter.Budget
}

// Budgets returns how the budgets stand of the tokens that were used last, at
// most so many. Tokens that Notion has never accepted have none.
func (p *Proxy) Budgets(most int) []Budget {
	var list []Budget
	for _, s := range p.tokens.latest(most) {
		list = append(list, Budget{s.label(), p.limiter.Budget(s.budget)})
	}
	return list
}

// latest returns the accepted tokens that were used last. Of those of one known
// connection it is always the same one while none comes or goes, whichever is
// used, so that a chart of it is one line.
func (t *tokens) latest(most int) []tokenState {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []tokenState
	bots := map[string]int{} // where in the list
	for s := t.seen.used.newest; s != nil && len(list) < most; s = s.links[ofAll].older {
		at, listed := bots[s.bot]
		switch {
		case s.acceptedAt.IsZero():
		case s.bot == "":
			list = append(list, s.tokenState)
		case !listed:
			bots[s.bot] = len(list)
			list = append(list, s.tokenState)
		case s.budget < list[at].budget:
			list[at] = s.tokenState
		}
	}
	return list
}
