package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of Slack's blocks, in characters (docs.slack.dev, Block Kit
// reference, 2026-09): more is refused as invalid_blocks.
const (
	slackHeader  = 150
	slackSection = 3000
)

// slack tells an incoming webhook: https://hooks.slack.com/services/T/B/secret.
type slack struct{ url func() string }

func (slack) name() string { return "slack" }

var (
	errNoSlackURL = errors.New("the address of the Slack webhook is no https URL")
	slackWord     = regexp.MustCompile(`^[a-z_]{1,64}$`)
)

// complaint is one word, such as invalid_payload or channel_is_archived.
func (slack) complaint(body []byte) string {
	return string(slackWord.Find([]byte(strings.TrimSpace(string(body)))))
}

type slackMessage struct {
	Text   string       `json:"text"` // what notifications and screen readers show
	Blocks []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	Text     *slackText  `json:"text,omitempty"`
	Elements []slackText `json:"elements,omitempty"`
}

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func (s slack) message(l letter, _ time.Time) (message, error) {
	to := s.url()
	if !isSendable(to) {
		return message{}, errNoSlackURL
	}
	body, err := json.Marshal(slackMessage{
		Text: slackFit(headline(l.Event)),
		Blocks: []slackBlock{
			{Type: "header", Text: &slackText{"plain_text", clip(headline(l.Event), slackHeader)}},
			{Type: "section", Text: &slackText{"mrkdwn", slackFit(slackBody(l.Event))}},
			{Type: "context", Elements: []slackText{{"mrkdwn", slackFoot(l.Event)}}},
		},
	})
	return message{to, http.Header{}, body}, err
}

// slackBody is the template's text, else what is known.
func slackBody(e Event) string {
	if e.Text != "" {
		return e.Text
	}
	lines := []string{e.Summary}
	for _, reason := range e.Reasons {
		lines = append(lines, "• "+reason)
	}
	if e.Action != "" {
		lines = append(lines, "Do first: "+e.Action)
	}
	return strings.Join(lines, "\n")
}

func slackFoot(e Event) string {
	foot := slackEscape(e.Incident)
	if e.Link != "" {
		foot = fmt.Sprintf("<%s|%s>", slackEscape(e.Link), foot)
	}
	return foot + " · " + e.At.UTC().Format(time.RFC3339)
}

// slackEscape takes the three characters that Slack reads as control (2026-09).
// Without it a name from Notion could mention a whole channel.
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// slackFit escapes s and cuts it to what a section takes, not within an
// escaped character.
func slackFit(s string) string {
	s = clip(slackEscape(s), slackSection)
	if i := strings.LastIndexByte(s, '&'); i > strings.LastIndexByte(s, ';') {
		s = s[:i] + "…"
	}
	return s
}

// headline is the first line of every message.
func headline(e Event) string {
	switch e.Kind {
	case Opened:
		return fmt.Sprintf("%s: %s. %s", e.Severity, e.Classification, e.Summary)
	case Changed:
		return fmt.Sprintf("%s: now %s, was %s. %s", e.Severity, e.Classification, e.Before, e.Summary)
	case Acknowledged:
		return fmt.Sprintf("%s: %s. Somebody looks after it", e.Severity, e.Classification)
	case Closed:
		return fmt.Sprintf("Over: %s, after %s", e.Classification, e.Ended.Sub(e.Started).Round(time.Second))
	}
	return "A test of notionproxy's notifications. Nothing has happened"
}

// clip cuts s to so many characters.
func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
