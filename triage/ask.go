package triage

import (
	"encoding/json"
	"strings"
	"time"
)

// An Asked is what a call to Notion brought, for probes that others make.
type Asked struct {
	Status int    // 0 when there was no answer
	Code   string // Notion's error code
	Kind   string // the outcome as upstream names it; "" where no call left
	Why    string // why no call left, in a few words
	Took   time.Duration
	Body   []byte // of a good answer

	Connection string // digest
	LastUsed   time.Time
}

// TokenProbe says what users/me brought.
func TokenProbe(a Asked) Probe {
	p := a.probe(ProbeToken)
	p.Connection, p.LastUsed = a.Connection, a.LastUsed
	if !p.OK {
		return p
	}
	var me struct {
		Name string `json:"name"`
		Bot  struct {
			Workspace string `json:"workspace_name"`
		} `json:"bot"`
	}
	_ = json.Unmarshal(a.Body, &me) // without a name it is still Notion's answer
	p.Bot, p.Workspace = clip(me.Name), clip(me.Bot.Workspace)
	p.Detail = "Notion takes the token."
	if p.Bot != "" {
		p.Detail = "Connected as " + p.Bot
		if p.Workspace != "" {
			p.Detail += " in " + p.Workspace
		}
		p.Detail += "."
	}
	return p
}

// QueryProbe says what the query of a row brought.
func QueryProbe(a Asked) Probe {
	p := a.probe(ProbeQuery)
	if p.OK {
		p.Detail = sentence("Answered 200 in %s", ms(p.TookMS))
	}
	return p
}

func (a Asked) probe(name string) Probe {
	p := Probe{Name: name, OK: a.Status >= 200 && a.Status < 300 && a.Kind == "ok", Status: a.Status, Code: a.Code, Kind: a.Kind, TookMS: millis(a.Took)}
	switch {
	case p.OK:
	case a.Kind == "":
		p.Skipped = true
		p.Detail = sentence("Not tried: %s", strings.TrimSuffix(a.Why, "."))
	case a.Status == 0:
		p.Detail = sentence("No answer: %s", outcomeWords[a.Kind])
	case a.Code != "":
		p.Detail = sentence("Notion answered %s", codeAndStatus(a.Code, a.Status))
	default:
		p.Detail = sentence("Answered HTTP %d: %s", a.Status, outcomeWords[a.Kind])
	}
	return p
}
