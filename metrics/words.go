package metrics

import (
	"slices"

	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// other stands for every value that is not in a label's set, so that no series
// is made by what somebody sends.
const other = "other"

// outcomes are the values of the label outcome.
var outcomes = [...]exchange.Outcome{
	exchange.Hit, exchange.Stale, exchange.Miss, exchange.Shared, exchange.Pass, exchange.Refused, exchange.Left,
}

// classes are the values of the label status; "none" is for what got no answer.
var classes = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

var laneWords = [...]string{limiter.Interactive.String(), limiter.Default.String(), limiter.Bulk.String()}

var familyWords = []string{
	string(notion.FamilyContent), string(notion.FamilySearch), string(notion.FamilyWrites), string(notion.FamilyOther),
}

// kinds are the outcomes of calls, as upstream names them.
var kinds = words(
	upstream.OK, upstream.Refused, upstream.Rejected, upstream.Limited, upstream.Overloaded, upstream.Failed,
	upstream.SavedWrite, upstream.Edge, upstream.Malformed, upstream.Cut, upstream.Reset, upstream.TimedOut,
	upstream.Connect, upstream.DNS, upstream.TLS, upstream.Unread, upstream.Left,
)

// unsent are the kinds of calls of which nothing left.
var unsent = words(upstream.Connect, upstream.DNS, upstream.TLS, upstream.Unread)

// limitReasons are Notion's reasons for a 429; "none" is for one without.
var limitReasons = []string{
	notion.ReasonConnection, notion.ReasonWorkspace, notion.ReasonEndpoint, notion.ReasonBlocked, "none",
}

// refusalReasons are why the proxy answers by itself: the limiter's words, and
// those of the proxy's own errors.
var refusalReasons = append(words(
	limiter.QueueTooLong, limiter.QueueFull, limiter.Held, limiter.Blocked, limiter.Unproven, limiter.Rejected,
	limiter.TooMany, limiter.Draining,
), "notion_down", "not_cached", "bad_request", "bad_url", "method", "too_large", "no_token", "authorization",
	"client_secret", "token_refused", "read_only", "operation", "host", "cross_site")

// staleReasons are why an answer past its time went out: what the proxy knew
// beforehand, or how the call ended that it stood in for.
var staleReasons = append([]string{
	"breaker", "backoff", "hold", "budget", "slow", "incident", "always", "maybe-overwritten", "older-token",
}, failures()...)

func failures() []string {
	var list []string
	for _, k := range kinds {
		if kind := upstream.Kind(k); kind.Failure() || kind == upstream.Limited {
			list = append(list, k)
		}
	}
	return list
}

// codes are Notion's error codes.
var codes = []string{
	notion.CodeInvalidJSON, notion.CodeInvalidRequestURL, notion.CodeInvalidRequest, notion.CodeValidationError,
	notion.CodeMissingVersion, notion.CodeInvalidBeta, notion.CodeInvalidGrant, notion.CodeUnauthorizedClient,
	notion.CodeUnsupportedGrantType, notion.CodeInvalidScope, notion.CodeInvalidClient, notion.CodeTestEnvError,
	notion.CodeUnauthorized, notion.CodeRestrictedResource, notion.CodeObjectNotFound, notion.CodeConflictError,
	notion.CodeRowLimitExceeded, notion.CodeRateLimited, notion.CodeInternalServerError, notion.CodeBadGateway,
	notion.CodeServiceUnavailable, notion.CodeDatabaseUnavailable, notion.CodeGatewayTimeout, notion.CodeServiceOverload,
}

func words[T ~string](list ...T) []string {
	all := make([]string, len(list))
	for i, w := range list {
		all[i] = string(w)
	}
	return all
}

// operations are the names of Notion's operations, and "unknown".
func operations() []string {
	table := notion.Operations()
	names := make([]string, 0, len(table)+1)
	for i := range table {
		names = append(names, table[i].Name)
	}
	return append(names, unknownOperation)
}

const unknownOperation = "unknown"

// withOther adds the word for everything else.
func withOther(list []string) []string { return append(slices.Clone(list), other) }
