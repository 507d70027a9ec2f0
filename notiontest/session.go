package notiontest

import (
	"slices"
	"strings"
	"time"
)

// A session is a talk with an agent.
type session struct {
	id, agent, title string
	bot              string
	status           string
	created, updated time.Time
	events           []object // what was said, in order
}

// An event is one frame of a text/event-stream.
type event struct {
	name string
	data object
}

func (e event) bytes() []byte {
	b := []byte("event: " + e.name + "\ndata: ")
	b = appendJSON(b, append(object{{"type", e.name}}, e.data...))
	return append(b, "\n\n"...)
}

const defaultAgent = "33333333-3333-3333-3333-333333333333"

func (s *session) object() object {
	return object{{"object", "session"}, {"id", s.id}, {"agent_id", s.agent}, {"title", s.title}, {"status", s.status},
		{"created_at", milli(s.created)}, {"updated_at", milli(s.updated)}}
}

// createSession opens a session, or goes on with one. To who accepts an event
// stream it tells what happens as it happens.
func (c *call) createSession() (object, error) {
	s, err := c.openSession()
	if err != nil {
		return nil, err
	}
	if strings.Contains(c.r.Header.Get("Accept"), "text/event-stream") {
		c.stream = c.talk(s, c.body.text("message"))
		return nil, nil
	}
	c.talk(s, c.body.text("message"))
	return s.object(), nil
}

func (c *call) openSession() (*session, error) {
	if id := c.body.text("session_id"); id != "" {
		s := c.n.agents.byID[id]
		if s == nil || s.bot != c.conn.id {
			return nil, c.conn.notFound("session", id)
		}
		s.updated = c.now
		return s, nil
	}
	if c.body.text("message") == "" {
		return nil, mustBe("body.message", "defined", undefined{})
	}
	s := &session{id: c.n.made.uuid(), agent: firstText(c.body.with("default", defaultAgent), "agent_id", "default"),
		title: c.body.text("message"), bot: c.conn.id, status: "in_progress", created: c.now, updated: c.now}
	c.n.agents.add(s.id, s)
	return s, nil
}

// talk is a short conversation: the message, an answer in the making, the
// answer, the end.
func (c *call) talk(s *session, message string) []event {
	events := []event{
		{"session.snapshot", object{{"session", s.object()}}},
		{"event.committed", object{{"event", c.commit(s, "user.message", message)}}},
		{"event.provisional", object{{"event", c.say(s, 0, "agent.message", "You said")}}},
		{"event.committed", object{{"event", c.commit(s, "agent.message", "You said: "+message)}}},
		{"stream.end", object{{"session_id", s.id}, {"status", "completed"}, {"last_sequence", len(s.events)}}},
	}
	s.status = "completed"
	return events
}

// say is an event of a session; provisional ones have no place in it.
func (c *call) say(s *session, sequence int, typ, words string) object {
	o := object{{"object", "session_event"}, {"id", c.n.made.uuid()}, {"session_id", s.id}}
	if sequence > 0 {
		o = append(o, member{"sequence", sequence})
	}
	return append(o, member{"created_at", milli(c.now)}, member{"type", typ},
		member{"content", []object{{{"type", "text"}, {"text", words}}}})
}

func (c *call) commit(s *session, typ, words string) object {
	o := c.say(s, len(s.events)+1, typ, words)
	s.events = append(s.events, o)
	return o
}

func (c *call) querySessionEvents() (object, error) {
	s, err := c.pathSession()
	if err != nil {
		return nil, err
	}
	return c.list(listing{
		typ: "session_event",
		ids: func() ([]string, error) {
			ids := []string{}
			for _, e := range s.events {
				ids = append(ids, e.text("id"))
			}
			return ids, nil
		},
		show: func(id string) object {
			i := slices.IndexFunc(s.events, func(e object) bool { return e.text("id") == id })
			return s.events[i]
		},
	})
}

func (c *call) pathSession() (*session, error) {
	s := c.n.agents.byID[c.ids[0]]
	if s == nil || s.bot != c.conn.id {
		return nil, c.conn.notFound("session", c.ids[0])
	}
	return s, nil
}

func (c *call) retrieveSession() (object, error) {
	s, err := c.pathSession()
	if err != nil {
		return nil, err
	}
	return s.object(), nil
}

func (c *call) cancelSession() (object, error) {
	s, err := c.pathSession()
	if err != nil {
		return nil, err
	}
	s.status, s.updated = "canceled", c.now
	return s.object(), nil
}

func (c *call) querySessions() (object, error) {
	return c.list(listing{
		typ: "session",
		ids: func() ([]string, error) {
			ids := []string{}
			for s := range c.n.agents.each {
				if s.bot == c.conn.id {
					ids = append(ids, s.id)
				}
			}
			return ids, nil
		},
		show: func(id string) object { return c.n.agents.byID[id].object() },
	})
}

// listAgents knows the one agent that every workspace has.
func (c *call) listAgents() (object, error) {
	return c.list(listing{
		typ: "agent",
		ids: func() ([]string, error) { return []string{defaultAgent}, nil },
		show: func(id string) object {
			return object{{"object", "agent"}, {"id", id}, {"agent_type", "notion_ai"}, {"name", "Notion AI"}, {"description", nil},
				{"instructions_page_id", nil}, {"icon", nil}, {"version", nil}}
		},
	})
}
