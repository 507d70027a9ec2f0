package notion

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// An Event is what a webhook of Notion's tells: that something changed, when,
// and where it stands, but not what it is now (recorded bodies, API versions
// 2022-06-28 to 2026-03-11). Types that nobody knows yet are events too.
type Event struct {
	ID           string    // of this event; a repeated delivery has the same
	Type         string    // such as "page.content_updated"
	At           time.Time // when it happened
	Workspace    string    // workspace_id
	Subscription string    // subscription_id
	Integration  string    // integration_id: the bot whose subscription it is

	Entity ID   // what changed
	Parent ID   // what it stands in; zero for the workspace itself, and where the event does not tell
	Source ID   // the data source that it is a row of; zero for others
	Page   ID   // the page that a comment is on
	Blocks []ID // updated_blocks, at most maxEventBlocks

	inBlock, inPage, inDatabase bool // what Parent is
}

// maxEventBlocks bounds what is read of an event.
const maxEventBlocks = 500

// rawEvent is the body of a webhook. What is not known of it is not looked at:
// Notion adds members without a new version.
type rawEvent struct {
	ID           string    `json:"id"`
	Type         string    `json:"type"`
	Timestamp    time.Time `json:"timestamp"`
	Workspace    string    `json:"workspace_id"`
	Subscription string    `json:"subscription_id"`
	Integration  string    `json:"integration_id"`
	Entity       rawObject `json:"entity"`
	Data         struct {
		Parent struct {
			rawObject
			DataSource string `json:"data_source_id"`
		} `json:"parent"`
		Page   string      `json:"page_id"`
		Blocks []rawObject `json:"updated_blocks"`
	} `json:"data"`
}

type rawObject struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

var errNoEvent = errors.New("it lacks an id, a type, a timestamp or an entity")

// ParseEvent reads the body of a webhook.
func ParseEvent(body []byte) (Event, error) {
	var r rawEvent
	if err := json.Unmarshal(body, &r); err != nil {
		return Event{}, fmt.Errorf("reading a webhook of %d bytes: %w", len(body), shortError(err))
	}
	e := Event{
		ID: r.ID, Type: r.Type, At: r.Timestamp, Workspace: r.Workspace, Subscription: r.Subscription, Integration: r.Integration,
	}
	e.Entity, _ = ParseID(r.Entity.ID)
	if e.ID == "" || e.Type == "" || e.At.IsZero() || e.Entity.IsZero() {
		return Event{}, fmt.Errorf("reading a webhook of %d bytes: %w", len(body), errNoEvent)
	}
	parent := r.Data.Parent
	switch parent.Type {
	case "page", "block", "database":
		e.Parent, _ = ParseID(parent.ID)
		e.inPage, e.inBlock, e.inDatabase = parent.Type == "page", parent.Type == "block", parent.Type == "database"
	case "data_source": // not seen, but what data_source_id means in a page's parent
		e.Source, _ = ParseID(parent.ID)
	}
	if source, ok := ParseID(parent.DataSource); ok {
		e.Source = source
	}
	e.Page, _ = ParseID(r.Data.Page)
	for _, b := range r.Data.Blocks[:min(len(r.Data.Blocks), maxEventBlocks)] {
		if id, ok := ParseID(b.ID); ok {
			e.Blocks = append(e.Blocks, id)
		}
	}
	return e, nil
}

// shortError leaves out what of a body stands in an error: titles do not
// belong into logs.
func shortError(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("no JSON from byte %d on", syntax.Offset)
	}
	return errors.New("a member is of another type than Notion's")
}

// place is where the entity stands.
func (e *Event) place() above {
	switch {
	case e.inDatabase:
		return above{database: e.Parent, dataSource: e.Source}
	case e.inPage, e.inBlock:
		return above{pageOrBlock: e.Parent, isPage: e.inPage}
	}
	return above{dataSource: e.Source}
}

// Merge makes e stand for another event of the same type and entity, too.
func (e *Event) Merge(o Event) {
	if e.Source.IsZero() {
		e.Source = o.Source
	}
	if e.Page.IsZero() {
		e.Page = o.Page
	}
	for _, block := range o.Blocks {
		// Those for which there is no room are found as parts of their page.
		if len(e.Blocks) < maxEventBlocks && !slices.Contains(e.Blocks, block) {
			e.Blocks = append(e.Blocks, block)
		}
	}
	if o.At.After(e.At) {
		e.At = o.At
	}
}
