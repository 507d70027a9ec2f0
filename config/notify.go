package config

import (
	"net/url"
	"regexp"
)

// Notify says who is told when an incident opens, changes and closes, and how.
// Nobody is, unless one of the three is set.
type Notify struct {
	// Page is where people reach this proxy's triage page, for the links in
	// messages: scheme and host. Empty means that messages have none.
	Page string `yaml:"page"`

	// Templates is a folder with any of slack.txt, status.txt and
	// postmortem.md, Go templates to use in place of the built-in ones.
	Templates string `yaml:"templates"`

	Slack     Slack     `yaml:"slack"`
	PagerDuty PagerDuty `yaml:"pagerduty"`
	Webhook   Webhook   `yaml:"webhook"`
}

// Slack is an incoming webhook. Its URL is a secret by itself: it comes from
// the environment, or from a file of its own, which is watched.
type Slack struct {
	URL     Secret `yaml:"url" env:"NOTIONPROXY_NOTIFY_SLACK_URL"`
	URLFile string `yaml:"url_file"`
}

// PagerDuty is an Events API v2 integration.
type PagerDuty struct {
	// Key is the integration's routing key.
	Key     Secret `yaml:"key" env:"NOTIONPROXY_NOTIFY_PAGERDUTY_KEY"`
	KeyFile string `yaml:"key_file"`

	// URL takes events; it differs by region.
	URL string `yaml:"url"`
}

// Webhook is anything that takes JSON.
type Webhook struct {
	URL string `yaml:"url"`

	// Secret signs messages; without one they are not signed.
	Secret     Secret `yaml:"secret" env:"NOTIONPROXY_NOTIFY_WEBHOOK_SECRET"`
	SecretFile string `yaml:"secret_file"`
}

// Any reports whether anybody is to be told.
func (n Notify) Any() bool {
	return n.Slack != Slack{} || n.PagerDuty.Key != "" || n.PagerDuty.KeyFile != "" || n.Webhook.URL != ""
}

var routingKey = regexp.MustCompile(`^[0-9A-Za-z]{32}$`)

func (c *Config) notifyRules() []rule {
	n := c.Notify
	const safe = "an https URL, or one of this machine"
	return []rule{
		{"notify.page", n.Page, n.Page == "" || isBaseURL(n.Page), "scheme and host, such as https://notionproxy.example, or nothing"},
		{"notify.slack.url", n.Slack.URL, n.Slack.URL == "" || isSafeURL(string(n.Slack.URL)), safe},
		{"notify.pagerduty.key", n.PagerDuty.Key, n.PagerDuty.Key == "" || routingKey.MatchString(string(n.PagerDuty.Key)), "a routing key of 32 letters and digits"},
		{"notify.pagerduty.url", n.PagerDuty.URL, isSafeURL(n.PagerDuty.URL), safe},
		{"notify.webhook.url", n.Webhook.URL, n.Webhook.URL == "" || isSafeURL(n.Webhook.URL), safe},
		{"notify.webhook.secret", n.Webhook.Secret, n.Webhook.Secret == "" || isToken(string(n.Webhook.Secret)), "a secret without spaces"},
	}
}

// isSafeURL takes what a secret may be sent to.
func isSafeURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && u.User == nil && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && isLoopbackHost(u.Hostname()))
}

// contradictions are sentences on values that do not go together.
func (n Notify) contradictions() []string {
	var found []string
	for _, pair := range []struct {
		fixed     Secret
		file      string
		env, name string
	}{
		{n.Slack.URL, n.Slack.URLFile, "NOTIONPROXY_NOTIFY_SLACK_URL", "notify.slack.url_file"},
		{n.PagerDuty.Key, n.PagerDuty.KeyFile, "NOTIONPROXY_NOTIFY_PAGERDUTY_KEY", "notify.pagerduty.key_file"},
		{n.Webhook.Secret, n.Webhook.SecretFile, "NOTIONPROXY_NOTIFY_WEBHOOK_SECRET", "notify.webhook.secret_file"},
	} {
		if pair.fixed != "" && pair.file != "" {
			found = append(found, pair.env+" and "+pair.name+" are both set; want one of the two")
		}
	}
	if n.Webhook.URL == "" && (n.Webhook.Secret != "" || n.Webhook.SecretFile != "") {
		found = append(found, "notify.webhook has a secret and no url; set notify.webhook.url too")
	}
	return found
}
