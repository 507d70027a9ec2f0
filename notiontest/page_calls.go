package notiontest

import "time"

func (c *call) retrievePage() (object, error) {
	x, err := c.pathNode("page_id", kindPage)
	if err != nil {
		return nil, err
	}
	return c.showPage(x)
}

func (c *call) createPage() (object, error) {
	if err := c.checkTrashWord(); err != nil {
		return nil, err
	}
	parent, err := c.parent("body.parent", c.body.at("parent"), kindPage, kindSource)
	if err != nil {
		return nil, err
	}
	draft, err := c.draft(parent)
	if err != nil {
		return nil, err
	}
	blocks, err := c.contentOf(c.body)
	if err != nil {
		return nil, err
	}
	if err := c.allowBlocks(len(blocks)); err != nil {
		return nil, err
	}
	if c.body.flag("allow_async") && c.body.has("markdown") {
		return c.later("create_page", func(at time.Time) object {
			x := c.place(draft, parent, blocks, at)
			return object{{"object", "page"}, {"id", x.id}}
		}), nil
	}
	x := c.place(draft, parent, blocks, c.now)
	c.fillTemplate(x)
	return c.showPage(x)
}

// place makes the page.
func (c *call) place(d *draft, parent *node, blocks []*block, at time.Time) *node {
	ws, r := c.conn.ws, ref{}
	if parent != nil {
		ws, r = parent.ws, ref{parent.kind, parent.id}
	}
	x := c.n.add(kindPage, ws, r, c.conn.id, at)
	x.icon, x.cover, x.values = d.icon, d.cover, map[string]any{}
	c.n.number(x)
	c.n.write(x, d.values)
	c.n.plant(x, blocks, -1, c.conn.id, at)
	c.n.index(x, at)
	if parent != nil && parent.kind != kindSource {
		c.n.touch(parent, c.conn.id, at)
	}
	return x
}

// number gives a new row its unique ids.
func (n *Notion) number(x *node) {
	for _, p := range n.schemaOf(x).properties {
		if p.typ == "unique_id" {
			p.serial++
			x.values[p.id] = p.serial
		}
	}
}

// write sets values and the other sides of relations.
func (n *Notion) write(x *node, values map[string]any) {
	s := n.schemaOf(x)
	for id, v := range values {
		if p := s.byID(id); p != nil && p.typ == "relation" {
			before, _ := x.values[id].([]any)
			after, _ := v.([]any)
			n.relate(x, p, before, after)
		}
		x.values[id] = v
	}
}

func (c *call) updatePage() (object, error) {
	x, err := c.pathNode("page_id", kindPage)
	if err != nil {
		return nil, err
	}
	if err := c.checkTrashWord(); err != nil {
		return nil, err
	}
	if c.n.isTrashed(x) && !c.restores() {
		return nil, invalid("Can't edit page on block with an archived ancestor. You must unarchive the ancestor before editing page.")
	}
	values, err := c.readValues(c.n.schemaOf(x), c.body.at("properties"))
	if err != nil {
		return nil, err
	}
	if err := c.decorate(x); err != nil {
		return nil, err
	}
	c.n.write(x, values)
	for _, m := range c.body {
		b, _ := m.value.(bool)
		switch m.key {
		case "in_trash", "archived":
			x.trashed = b
		case "is_archived":
			x.archived = b
		case "is_locked":
			x.locked = b
		case "erase_content":
			if b {
				c.n.erase(x)
			}
		}
	}
	c.n.touch(x, c.conn.id, c.now)
	c.n.index(x, c.now)
	c.fillTemplate(x)
	return c.showPage(x)
}

// checkTrashWord refuses archived where the version has it no more.
func (c *call) checkTrashWord() error {
	if !c.version.hasArchived() && c.body.has("archived") {
		return mustBe("body.archived", "not present", c.body.at("archived"))
	}
	for _, key := range []string{"archived", "in_trash", "is_archived", "is_locked"} {
		if _, ok := c.body.at(key).(bool); !ok && c.body.has(key) && c.body.at(key) != nil {
			return mustBe("body."+key, "a boolean", c.body.at(key))
		}
	}
	return nil
}

// restores tells whether the request takes the object out of the trash.
func (c *call) restores() bool {
	for _, key := range []string{"in_trash", "archived"} {
		if b, ok := c.body.at(key).(bool); ok && !b {
			return true
		}
	}
	return false
}

// decorate sets the icon and the cover that a request names.
func (c *call) decorate(x *node) error {
	for _, d := range []struct {
		key string
		to  *any
	}{{"icon", &x.icon}, {"cover", &x.cover}} {
		if !c.body.has(d.key) {
			continue
		}
		got, err := c.readIcon("body."+d.key, c.body.at(d.key))
		if err != nil {
			return err
		}
		*d.to = got
	}
	return nil
}

func (c *call) movePage() (object, error) {
	x, err := c.pathNode("page_id", kindPage)
	if err != nil {
		return nil, err
	}
	parent, err := c.parent("body.parent", c.body.at("parent"), kindPage, kindSource)
	if err != nil {
		return nil, err
	}
	if parent == nil || c.n.isBelow(parent, x.id) {
		return nil, invalid("A page cannot be moved there.")
	}
	c.n.move(x, parent)
	c.n.touch(x, c.conn.id, c.now)
	return c.showPage(x)
}

// move hangs a page below another parent. Values stay where the new schema has
// a property of the same name and type.
func (n *Notion) move(x, parent *node) {
	before := n.schemaOf(x)
	n.detach(x)
	x.parent = ref{parent.kind, parent.id}
	n.attach(x, -1)
	values := map[string]any{}
	for _, p := range n.schemaOf(x).properties {
		for _, old := range before.properties {
			if p.typ == old.typ && (p.name == old.name || p.typ == "title") {
				values[p.id] = x.values[old.id]
			}
		}
	}
	x.values = values
}
