package notiontest

import "time"

// The methods below change Notion behind its clients' backs, as people do in
// the app: they cost no budget, are no calls, and tell nobody. They panic when
// they are given an id that does not exist, since that is a mistake of the test.

// editor is who makes such edits: the workspace's first person, else its first user.
func (n *Notion) editor(ws *workspace) string {
	for _, id := range ws.users {
		if n.users[id].bot == nil {
			return id
		}
	}
	if len(ws.users) > 0 {
		return ws.users[0]
	}
	return ws.id
}

// mustNode finds the node of an id.
func (n *Notion) mustNode(id string) *node {
	x := n.nodes[mustID(id)]
	if x == nil {
		panic("notiontest: no such object: " + id)
	}
	return x
}

// edit runs f on a node under the lock, as an edit made now.
func (n *Notion) edit(id string, f func(x *node, by string, now time.Time)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	n.settle(now)
	x := n.mustNode(id)
	by := n.editor(x.ws)
	f(x, by, now)
	n.touch(x, by, now)
	n.index(x, now)
}

// place finds where something new goes: into a workspace, or below an object.
func (n *Notion) placeFor(parent string) (*workspace, ref) {
	if ws := n.workspaces[parent]; ws != nil {
		return ws, ref{}
	}
	p := n.mustNode(parent)
	if p.kind == kindDatabase {
		p = n.nodes[p.children[0]]
	}
	return p.ws, ref{p.kind, p.id}
}

// SetTitle renames a page, a database or a data source.
func (n *Notion) SetTitle(id, title string) {
	n.edit(id, func(x *node, _ string, _ time.Time) {
		if x.kind == kindPage {
			x.values["title"] = richText(title)
			return
		}
		x.title = richText(title)
	})
}

// SetText changes the text of a block.
func (n *Notion) SetText(id, text string) {
	n.edit(id, func(x *node, _ string, _ time.Time) { x.content = x.content.with("rich_text", richText(text)) })
}

// SetProperty sets a property of a page, by name. Texts, options, URLs and
// dates are given as string; numbers as int or float64; checkboxes as bool;
// lists of options, people and related pages as []string; nil empties.
func (n *Notion) SetProperty(page, name string, value any) {
	n.edit(page, func(x *node, _ string, _ time.Time) { n.write(x, n.plainValues(x, map[string]any{name: value})) })
}

// RenameProperty renames a property of a data source: schema drift.
func (n *Notion) RenameProperty(dataSource, from, to string) {
	n.edit(dataSource, func(x *node, _ string, _ time.Time) {
		p := x.schema.find(from)
		if p == nil {
			panic("notiontest: no such property: " + from)
		}
		p.name = to
	})
}

// Trash moves an object to the trash; Restore takes it out.
func (n *Notion) Trash(id string) {
	n.edit(id, func(x *node, _ string, _ time.Time) { x.trashed = true })
}

// Restore takes an object out of the trash.
func (n *Notion) Restore(id string) {
	n.edit(id, func(x *node, _ string, _ time.Time) { x.trashed = false })
}

// Move hangs a page below another page or into another data source.
func (n *Notion) Move(page, parent string) {
	n.edit(page, func(x *node, _ string, _ time.Time) { n.move(x, n.mustNode(parent)) })
}

// Title is the title of a page, database or data source as it is now.
func (n *Notion) Title(id string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.settle(time.Now())
	return n.name(n.mustNode(id))
}

// CountRows counts the rows of a data source that are not in the trash.
func (n *Notion) CountRows(dataSource string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.settle(time.Now())
	return len(n.live(n.mustNode(dataSource)))
}

// CountChildren counts the children of a page or block that are not in the trash.
func (n *Notion) CountChildren(id string) int { return n.CountRows(id) }
