package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// callsByPlan is what Notion allows a connection in 60 seconds, by plan (a
// third party's account of September 2026; Notion's page gives no numbers).
var callsByPlan = map[string]int{"default": 180, "business": 600}

// perMinute is the calls that a connection may make in a minute: the number
// that is set, else the plan's.
func (c Config) perMinute() int {
	if c.Limiter.PerMinute != 0 {
		return c.Limiter.PerMinute
	}
	return callsByPlan[c.Notion.Plan]
}

// LendsToken reports whether calls without a token get the proxy's own.
func (c Config) LendsToken() bool { return c.Notion.Token != "" || c.Notion.TokenFile != "" }

// asksSecret reports whether callers must send a secret.
func (c Config) asksSecret() bool { return c.Clients.Secret != "" || c.Clients.SecretFile != "" }

// IsLoopback reports whether only this machine can reach Listen.
func (c Config) IsLoopback() bool { return isLoopbackAddress(c.Listen) }

// IsLoopback reports whether only this machine can reach the admin listener.
func (a Admin) IsLoopback() bool { return isLoopbackAddress(a.Listen) }

// asksToken reports whether requests to the admin listener must bring a token.
func (a Admin) asksToken() bool { return a.Token != "" || a.TokenFile != "" }

func isLoopbackAddress(listen string) bool {
	host, _, _ := net.SplitHostPort(listen)
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && addr.IsLoopback())
}

// contradictions are sentences on values that do not go together.
func (c *Config) contradictions() []string {
	offLoopback := "notion.token is set and listen is " + c.Listen + ", which others can reach: whoever does could use the token; " +
		"name in clients.secret_file what callers must send, or set clients.open: true if everybody may"
	openAdmin := "admin.listen is " + c.Admin.Listen + ", which others can reach, and there is no admin.token: whoever does could " +
		"purge what is stored and see who asks for what; name in admin.token_file what requests must bring"
	all := []struct {
		wrong    bool
		sentence string
	}{
		{c.LendsToken() && !c.IsLoopback() && !c.asksSecret() && !c.Clients.Open, offLoopback},
		{c.asksSecret() && c.Clients.Open, "clients.open is true and there is a clients.secret; want one of the two"},
		{c.asksSecret() && !c.LendsToken(), "clients.secret guards the proxy's own token, and there is none; set notion.token_file too"},
		{c.Notion.Token != "" && c.Notion.TokenFile != "", "NOTION_TOKEN and notion.token_file are both set; want one of the two"},
		{c.Clients.Secret != "" && c.Clients.SecretFile != "", "NOTIONPROXY_CLIENTS_SECRET and clients.secret_file are both set; want one of the two"},
		{isAddress(c.Admin.Listen) && !c.Admin.IsLoopback() && !c.Admin.asksToken(), openAdmin},
		{c.Admin.Token != "" && c.Admin.TokenFile != "", "NOTIONPROXY_ADMIN_TOKEN and admin.token_file are both set; want one of the two"},
		{c.Triage.TestDatabase != "" && c.Triage.TestDataSource != "", "triage.test_database and triage.test_data_source are both set; want one of the two"},
		{c.Webhooks.Listen != "" && c.Webhooks.SecretFile == "", "webhooks.listen is set and webhooks.secret_file is not: name the file that keeps Notion's verification token"},
		{c.Webhooks.Listen == "" && c.Webhooks.Trust, "webhooks.trust is true and no events are taken; set webhooks.listen too"},
		{c.Cache.SecretFile != "" && c.Cache.Dir == "" && c.Redis.URL == "", "cache.secret_file seals what is in cache.dir and in Redis, and there is neither"},
		{c.Redis.URL != "" && c.Cache.SecretFile == "", "redis.url is set and cache.secret_file is not; name a file with the secret that all replicas share"},
		{c.Redis.Password != "" && c.Redis.PasswordFile != "", "NOTIONPROXY_REDIS_PASSWORD and redis.password_file are both set; want one of the two"},
		{(c.TLS.Cert == "") != (c.TLS.Key == ""), "tls.cert and tls.key belong together; want both or none"},
	}
	var found []string
	for _, each := range all {
		if each.wrong {
			found = append(found, each.sentence)
		}
	}
	return append(found, c.Notify.contradictions()...)
}

// Warnings are sentences on settings that work and are probably not meant.
func (c Config) Warnings() []string {
	var all []string
	if u, err := url.Parse(c.Notion.URL); err == nil && u.Scheme == "http" && !isLoopbackHost(u.Hostname()) {
		all = append(all, fmt.Sprintf("notion.url is %s: tokens travel there unencrypted", c.Notion.URL))
	}
	if c.LendsToken() && !c.IsLoopback() && len(c.Clients.Hosts) == 0 {
		all = append(all, "clients.hosts is empty: while the proxy lends its token, only requests for localhost are answered")
	}
	if c.Admin.Listen != "" && !c.Admin.IsLoopback() {
		all = append(all, fmt.Sprintf("admin.listen is %s: its token travels there unencrypted", c.Admin.Listen))
	}
	return all
}

func isLoopbackHost(host string) bool { return isLoopbackAddress(net.JoinHostPort(host, "0")) }

func isAddress(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, numeric := strconv.ParseUint(port, 10, 16)
	return err == nil && numeric == nil && n <= 65535 && (host == "" || isHost(host))
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$`)

// isHost takes names and addresses; IPv6 ones without brackets.
func isHost(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil || hostName.MatchString(s)
}

// isBaseURL takes scheme, host and a plain path: a query would be lost, a
// password logged.
func isBaseURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == "" && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/v1")
}

// MinAdminToken keeps the token from being guessed: 16 characters at random are
// some 95 bits.
const MinAdminToken = 16

const adminTokenWanted = "a token of at least 16 characters without spaces"

// isAdminToken takes what can guard the admin listener.
func isAdminToken(s string) bool { return len(s) >= MinAdminToken && isToken(s) }

// isToken takes what can stand in an Authorization header after Bearer.
func isToken(s string) bool {
	return len(s) <= 4096 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
