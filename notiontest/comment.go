package notiontest

import "time"

// A comment hangs on a page or a block, in a discussion.
type comment struct {
	id, discussion  string
	on              *node
	created, edited time.Time
	by              string
	text            []any
	name            object
	files           []object
}

func (n *Notion) addComment(on *node, discussion string, items []any, by string, at time.Time) *comment {
	if discussion == "" {
		discussion = n.made.uuid()
	}
	m := &comment{id: n.made.uuid(), discussion: discussion, on: on, created: at, edited: at, by: by, text: items}
	n.comments.add(m.id, m)
	return m
}

func (c *call) commentObject(m *comment) object {
	kind := "page_id"
	if m.on.kind == kindBlock {
		kind = "block_id"
	}
	name := m.name
	if name == nil {
		name = object{{"type", "integration"}, {"resolved_name", c.n.users[m.by].name}}
	}
	o := object{{"object", "comment"}, {"id", m.id}, {"parent", object{{"type", kind}, {kind, m.on.id}}}, {"discussion_id", m.discussion},
		{"created_time", minute(m.created)}, {"last_edited_time", minute(m.edited)}, {"created_by", partialUser(m.by)},
		{"rich_text", m.text}, {"display_name", name}}
	if m.files != nil {
		var files []object
		for _, f := range m.files {
			file, _ := c.n.signed(m.on.ws, f, c.now).(object)
			files = append(files, object{{"category", "productivity"}, {"file", file.at("file")}})
		}
		o = append(o, member{"attachments", files})
	}
	return o
}

func (c *call) listComments() (object, error) {
	if !c.query.Has("block_id") {
		return nil, mustBe("query.block_id", "defined", undefined{})
	}
	on, err := c.named("query.block_id", kindBlock, c.query.Get("block_id"))
	if err != nil {
		return nil, err
	}
	return c.list(listing{
		typ:  "comment",
		what: on.id,
		ids: func() ([]string, error) {
			ids := []string{}
			for m := range c.n.comments.each {
				if m.on == on {
					ids = append(ids, m.id)
				}
			}
			return ids, nil
		},
		show: func(id string) object {
			if m := c.n.comments.byID[id]; m != nil {
				return c.commentObject(m)
			}
			return nil
		},
	})
}

func (c *call) createComment() (object, error) {
	on, discussion, err := c.commentPlace()
	if err != nil {
		return nil, err
	}
	items, err := c.commentText()
	if err != nil {
		return nil, err
	}
	files, err := c.attachments()
	if err != nil {
		return nil, err
	}
	m := c.n.addComment(on, discussion, items, c.conn.id, c.now)
	m.files = files
	if name := c.body.object("display_name"); name.text("type") == "custom" {
		m.name = object{{"type", "custom"}, {"resolved_name", name.object("custom").at("name")}}
	}
	return c.commentObject(m), nil
}

// commentPlace is where a new comment goes: onto an object, or into a
// discussion that there is.
func (c *call) commentPlace() (on *node, discussion string, err error) {
	if c.body.has("discussion_id") {
		id, ok := parseID(c.body.text("discussion_id"))
		if !ok {
			return nil, "", mustBe("body.discussion_id", "a valid uuid", c.body.at("discussion_id"))
		}
		for m := range c.n.comments.each {
			if m.discussion == id && c.n.sees(c.conn, m.on) {
				return m.on, id, nil
			}
		}
		return nil, "", c.conn.notFound("discussion", id)
	}
	parent := c.body.object("parent")
	for _, kind := range []string{kindPage, kindBlock} {
		if parent.has(kind + "_id") {
			on, err := c.named("body.parent."+kind+"_id", kind, parent.at(kind+"_id"))
			return on, "", err
		}
	}
	return nil, "", mustBe("body.parent", "defined", undefinedIfNil(c.body.at("parent")))
}

func (c *call) commentText() ([]any, error) {
	if s, ok := c.body.at("markdown").(string); ok {
		return richText(s), nil
	}
	return readRichText("body.rich_text", undefinedIfNil(c.body.at("rich_text")))
}

func (c *call) attachments() ([]object, error) {
	var files []object
	for _, v := range c.body.list("attachments") {
		o, _ := v.(object)
		u, err := c.attach("body.attachments", o.at("file_upload_id"))
		if err != nil {
			return nil, err
		}
		files = append(files, storedFile(u.id, u.filename))
	}
	return files, nil
}

func (c *call) pathComment() (*comment, error) {
	id, ok := parseID(c.ids[0])
	if !ok {
		return nil, mustBe("path.comment_id", "a valid uuid", c.ids[0])
	}
	m := c.n.comments.byID[id]
	if m == nil || !c.n.sees(c.conn, m.on) {
		return nil, c.conn.notFound("comment", id)
	}
	return m, nil
}

func (c *call) retrieveComment() (object, error) {
	m, err := c.pathComment()
	if err != nil {
		return nil, err
	}
	return c.commentObject(m), nil
}

func (c *call) updateComment() (object, error) {
	m, err := c.pathComment()
	if err != nil {
		return nil, err
	}
	items, err := c.commentText()
	if err != nil {
		return nil, err
	}
	m.text, m.edited = items, c.now
	return c.commentObject(m), nil
}

func (c *call) deleteComment() (object, error) {
	m, err := c.pathComment()
	if err != nil {
		return nil, err
	}
	c.n.comments.remove(m.id)
	return object{{"object", "comment"}, {"id", m.id}}, nil
}
