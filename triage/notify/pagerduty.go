package notify

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"time"
)

// DefaultPagerDutyURL is the Events API v2 of PagerDuty's American region; the
// European one is events.eu.pagerduty.com (2026-09).
const DefaultPagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// Bounds of PagerDuty's fields, in characters (developer.pagerduty.com, "Send
// an Alert Event", 2026-09).
const (
	pagerDutySummary = 1024
	pagerDutyKey     = 255
)

type pagerDuty struct {
	url    string
	key    func() string
	source string
}

func (pagerDuty) name() string { return "pagerduty" }

var (
	errNoRoutingKey = errors.New("PagerDuty's routing key is not 32 letters and digits")
	routingKey      = regexp.MustCompile(`^[0-9A-Za-z]{32}$`)
)

// complaint is PagerDuty's own sentence, unless it is odd.
func (pagerDuty) complaint(body []byte) string {
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil || !plainSentence.MatchString(answer.Message) {
		return ""
	}
	return answer.Message
}

var plainSentence = regexp.MustCompile(`^[A-Za-z ,.']{1,100}$`)

type pagerDutyEvent struct {
	RoutingKey string            `json:"routing_key"`
	Action     string            `json:"event_action"`
	DedupKey   string            `json:"dedup_key"`
	Payload    *pagerDutyPayload `json:"payload,omitempty"`
	Client     string            `json:"client,omitempty"`
	ClientURL  string            `json:"client_url,omitempty"`
	Links      []pagerDutyLink   `json:"links,omitempty"`
}

type pagerDutyPayload struct {
	Summary   string         `json:"summary"`
	Source    string         `json:"source"`
	Severity  string         `json:"severity"`
	Timestamp string         `json:"timestamp"`
	Component string         `json:"component"`
	Class     string         `json:"class"`
	Details   map[string]any `json:"custom_details"`
}

type pagerDutyLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// pagerDutyActions: a changed incident triggers again under its key, which
// adds to the alert that is open and opens no other.
var pagerDutyActions = map[Kind]string{
	Opened: "trigger", Changed: "trigger", Acknowledged: "acknowledge", Closed: "resolve", Test: "trigger",
}

var pagerDutySeverities = map[string]string{"P1": "critical", "P2": "error", "P3": "warning", "P4": "info"}

func (p pagerDuty) message(l letter, _ time.Time) (message, error) {
	key := p.key()
	if !routingKey.MatchString(key) {
		return message{}, errNoRoutingKey
	}
	event := pagerDutyEvent{
		RoutingKey: key,
		Action:     pagerDutyActions[l.Kind],
		DedupKey:   clip("notionproxy/"+l.Incident, pagerDutyKey),
		Client:     "notionproxy",
		ClientURL:  l.Link,
	}
	if event.Action == "trigger" {
		event.Payload = p.payload(l.Event)
		if l.Link != "" {
			event.Links = []pagerDutyLink{{l.Link, "Triage"}}
		}
	}
	body, err := json.Marshal(event)
	return message{p.url, http.Header{}, body}, err
}

func (p pagerDuty) payload(e Event) *pagerDutyPayload {
	severity, ok := pagerDutySeverities[e.Severity]
	if !ok {
		severity = "info"
	}
	return &pagerDutyPayload{
		Summary:   clip(headline(e), pagerDutySummary),
		Source:    p.source,
		Severity:  severity,
		Timestamp: e.At.UTC().Format(time.RFC3339),
		Component: "Notion API",
		Class:     e.Classification,
		Details: map[string]any{
			"reasons": e.Reasons, "action": e.Action, "severity": e.Severity, "started": e.Started.UTC().Format(time.RFC3339),
		},
	}
}
