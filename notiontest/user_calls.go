package notiontest

import "strings"

// userObject is a user as a connection sees it: e-mail addresses take a
// capability of their own.
func (n *Notion) userObject(c *connection, u *user) object {
	o := object{{"object", "user"}, {"id", u.id}, {"name", u.name}, {"avatar_url", nil}}
	if u.bot != nil {
		return append(o, member{"type", "bot"}, member{"bot", object{}})
	}
	person := object{}
	if c.may(ReadEmails) && u.email != "" {
		person = object{{"email", u.email}}
	}
	return append(o, member{"type", "person"}, member{"person", person})
}

func (c *call) me() (object, error) {
	return object{{"object", "user"}, {"id", c.conn.id}, {"name", c.conn.name}, {"avatar_url", nil}, {"type", "bot"},
		{"bot", object{{"owner", c.n.owner(c.conn)}, {"workspace_id", c.conn.ws.id}, {"workspace_name", c.conn.ws.name},
			{"workspace_limits", c.conn.ws.limits}}}}, nil
}

// owner is who a connection belongs to.
func (n *Notion) owner(c *connection) object {
	if u := n.users[c.owner]; u != nil {
		return object{{"type", "user"}, {"user", n.userObject(c, u)}}
	}
	return object{{"type", "workspace"}, {"workspace", true}}
}

func (c *call) retrieveUser() (object, error) {
	id, ok := parseID(c.ids[0])
	if !ok {
		return nil, mustBe("path.user_id", "a valid uuid", c.ids[0])
	}
	u := c.n.users[id]
	if u == nil || !c.conn.ws.has(id) {
		return nil, c.conn.notFound("user", id)
	}
	return c.n.userObject(c.conn, u), nil
}

func (c *call) listUsers() (object, error) {
	return c.list(listing{
		typ:  "user",
		ids:  func() ([]string, error) { return c.conn.ws.users, nil },
		show: func(id string) object { return c.n.userObject(c.conn, c.n.users[id]) },
	})
}

func (c *call) listEmojis() (object, error) {
	byID := map[string]object{}
	for _, e := range c.conn.ws.emojis {
		byID[e.text("id")] = e
	}
	name := c.query.Get("name")
	return c.list(listing{
		typ:  "custom_emoji",
		what: name,
		ids: func() ([]string, error) {
			ids := []string{}
			for _, e := range c.conn.ws.emojis {
				if name == "" || strings.EqualFold(e.text("name"), name) {
					ids = append(ids, e.text("id"))
				}
			}
			return ids, nil
		},
		show: func(id string) object { return byID[id] },
	})
}
