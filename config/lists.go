package config

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"notionproxy/notion"
)

// unknownOperation is what calls that are not in notion's table go by.
const unknownOperation = "unknown"

// operationNames lists every name that a setting may mean.
func operationNames() []string {
	names := []string{unknownOperation}
	for _, op := range notion.Operations() {
		names = append(names, op.Name)
	}
	return names
}

func (c *Config) operationRules() []rule {
	var rules []rule
	for i, pattern := range c.Operations {
		rules = append(rules, operationRule(fmt.Sprintf("operations[%d]", i), pattern))
	}
	return rules
}

// operationRule holds that a pattern names something. One that is misspelt
// would refuse, or let into a lane, other calls than was meant.
func operationRule(key, pattern string) rule {
	matches := func(name string) bool { ok, _ := path.Match(pattern, name); return ok }
	return rule{key, pattern, slices.ContainsFunc(operationNames(), matches), "the name of an operation, or a glob such as pages.*"}
}

func (c *Config) laneRules() []rule {
	var rules []rule
	for i, lane := range c.Lanes {
		key := fmt.Sprintf("lanes[%d]", i)
		if lane.Operation != "" {
			rules = append(rules, operationRule(key+".operation", lane.Operation))
		}
		rules = append(rules,
			rule{key + ".user_agent", lane.UserAgent, isGlob(lane.UserAgent), "a glob such as nightly-sync/*"},
			rule{key + ".client", lane.Client, isGlob(lane.Client), "a glob such as nightly-*"},
			rule{key + ".lane", lane.Lane, lane.Lane != "", "interactive, default or bulk"},
			rule{key, "", lane.Operation+lane.UserAgent+lane.Client != "", "an operation, user_agent or client to match"},
		)
	}
	return rules
}

func isGlob(pattern string) bool {
	_, err := path.Match(pattern, "")
	return err == nil
}

// connectionName is a bot id, with or without dashes, or the digest of a token
// as logs show it.
var connectionName = regexp.MustCompile(`^([0-9a-f]{8,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

func (c *Config) connectionRules() []rule {
	var rules []rule
	for _, name := range slices.Sorted(maps.Keys(c.Limiter.Connections)) {
		key, own := "limiter.connections."+name, c.Limiter.Connections[name]
		rules = append(rules,
			rule{key, name, connectionName.MatchString(name), "a bot id, or a digest as logs show it, in lower case"},
			rule{key, "", own != Connection{}, "a plan or per_minute"},
			within(key+".per_minute", own.PerMinute, 0, maxCalls),
		)
	}
	return rules
}

// triageRules hold that what is to be queried and compared can be asked for.
func (c *Config) triageRules() []rule {
	const want = "an id, such as 7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11"
	var rules []rule
	for _, r := range []rule{
		{key: "triage.test_database", value: c.Triage.TestDatabase},
		{key: "triage.test_data_source", value: c.Triage.TestDataSource},
	} {
		id := r.value.(string)
		rules = append(rules, rule{r.key, id, id == "" || isObject(id), want})
	}
	for _, id := range slices.Sorted(maps.Keys(c.Schema.Expect)) {
		key, names := "schema.expect."+id, c.Schema.Expect[id]
		rules = append(rules,
			rule{key, id, isObject(id), want},
			rule{key, "", len(names) > 0 && !slices.Contains(names, ""), "names of properties"},
		)
	}
	return rules
}

func isObject(id string) bool {
	_, ok := notion.ParseID(id)
	return ok
}

func (c *Config) clientRules() []rule {
	var rules []rule
	for i, host := range c.Clients.Hosts {
		rules = append(rules, rule{fmt.Sprintf("clients.hosts[%d]", i), host, isHost(host), "a host name or address, without scheme and port"})
	}
	for i, host := range c.Admin.Hosts {
		rules = append(rules, rule{fmt.Sprintf("admin.hosts[%d]", i), host, isHost(host), "a host name or address, without scheme and port"})
	}
	for i, name := range c.Clients.ForwardHeaders {
		rules = append(rules, rule{fmt.Sprintf("clients.forward_headers[%d]", i), name, isForwardable(name), "a header that may travel to Notion"})
	}
	return rules
}

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// neverForwarded are headers that change whose call it is, how it is framed or
// how often it is made; with some of them Go's transport repeats writes.
var neverForwarded = []string{
	"Accept-Encoding", "Authorization", "Connection", "Content-Length", "Cookie", "Expect", "Forwarded", "Host",
	"Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since",
	"Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Range", "Te", "Trailer", "Transfer-Encoding",
	"Upgrade", "Via", "X-Http-Method", "X-Http-Method-Override", "X-Idempotency-Key", "X-Method-Override",
}

func isForwardable(name string) bool {
	canonical := http.CanonicalHeaderKey(name)
	return headerName.MatchString(name) &&
		!slices.Contains(neverForwarded, canonical) && !strings.HasPrefix(canonical, "X-Forwarded-")
}
