package triage

import (
	"notionproxy/notion"
	"notionproxy/upstream"
)

// What a slot counts: first the plain counters, then one for each word of each
// group.
const (
	requests = iota
	calls
	hits
	stale
	shared
	refusedByUs
	left
	gaveUp
	trouble
	asked
	good
	failed
	slow
	unserved
	unservedByUs // of these, refused without asking Notion
	lostWrites
	rebuffed // got a 4xx of Notion's own, or a 401 on its behalf
	limited  // told by Notion, or by us, that the budget is spent
	foreign  // edge answers without the mark of Notion's edge
	plainCounters
)

// A group is a set of words that are counted, each by itself. What is none of
// them counts as the last one.
type group struct {
	words []string
	index map[string]int // in a slot's counters
	from  int
}

func newGroup(from int, words ...string) group {
	g := group{words: words, index: make(map[string]int, len(words)), from: from}
	for i, w := range words {
		g.index[w] = from + i
	}
	return g
}

func (g *group) end() int { return g.from + len(g.words) }

// of is the counter of a word.
func (g *group) of(word string) int {
	if i, ok := g.index[word]; ok {
		return i
	}
	return g.end() - 1
}

const otherWord = "other"

var (
	kinds = newGroup(plainCounters,
		string(upstream.OK), string(upstream.Refused), string(upstream.Rejected), string(upstream.Limited),
		string(upstream.Overloaded), string(upstream.Failed), string(upstream.SavedWrite), string(upstream.Edge),
		string(upstream.Malformed), string(upstream.Cut), string(upstream.Reset), string(upstream.TimedOut),
		string(upstream.Connect), string(upstream.DNS), string(upstream.TLS), string(upstream.Unread), otherWord)

	statuses = newGroup(kinds.end(), "400", "401", "403", "404", "409", "429", "500", "502", "503", "504", "529", otherWord)

	codes = newGroup(statuses.end(),
		notion.CodeInvalidJSON, notion.CodeInvalidRequestURL, notion.CodeInvalidRequest, notion.CodeValidationError,
		notion.CodeMissingVersion, notion.CodeUnauthorized, notion.CodeRestrictedResource, notion.CodeObjectNotFound,
		notion.CodeConflictError, notion.CodeRateLimited, notion.CodeInternalServerError, notion.CodeBadGateway,
		notion.CodeServiceUnavailable, notion.CodeDatabaseUnavailable, notion.CodeGatewayTimeout, notion.CodeServiceOverload, otherWord)

	reasons = newGroup(codes.end(), notion.ReasonConnection, notion.ReasonWorkspace, notion.ReasonEndpoint, notion.ReasonBlocked, unsaid, otherWord)

	details = newGroup(reasons.end(), append(append(append(append([]string{},
		leftAlone...), budgetSpent...), badRequests...), "slow", "incident", "always", "token_refused", "maybe-overwritten", "older-token", otherWord)...)

	families = newGroup(details.end(), string(notion.FamilyContent), string(notion.FamilySearch), string(notion.FamilyWrites), string(notion.FamilyOther))

	familiesFailed = newGroup(families.end(), families.words...)
	familiesSlow   = newGroup(familiesFailed.end(), families.words...)
)

// counters is how many a slot has; a test holds it to the groups.
const counters = 108

const unsaid = "unsaid"

// Why the proxy served stored answers or refused, in its own words.
var (
	leftAlone   = []string{"breaker", "backoff", "notion_down"}                                                          // Notion is left alone
	budgetSpent = []string{"hold", "budget", "queue_too_long", "queue_full", "held", "blocked", "limited", "overloaded"} // nothing may leave for now
	badRequests = []string{"bad_request", "bad_url", "too_large", "read_only", "operation", "authorization", "no_token"}
)
