package notiontest

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

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

// CreatePage makes a page below a page, in a data source, in a database (its
// first data source), or at the top of a workspace, and returns its id. Search
// knows it at once. values are set as with SetProperty.
func (n *Notion) CreatePage(parent, title string, values map[string]any) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	ws, r := n.placeFor(parent)
	x := n.add(kindPage, ws, r, n.editor(ws), now)
	x.values = map[string]any{"title": richText(title)}
	n.number(x)
	n.write(x, n.plainValues(x, values))
	n.index(x, time.Time{})
	return x.id
}

// CreateBlock adds a block of a text type ("paragraph", "to_do", …) at the end
// of a page or block, and returns its id.
func (n *Notion) CreateBlock(parent, typ, text string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	x := n.mustNode(parent)
	return n.plant(x, []*block{textBlock(typ, text)}, -1, n.editor(x.ws), time.Now())[0].id
}

// CreateImage adds an image that Notion stores, so that its URL is signed in
// every answer and dies after an hour; it returns the block's id.
func (n *Notion) CreateImage(parent, filename string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	x := n.mustNode(parent)
	content := append(object{{"caption", []any{}}}, storedFile(n.made.uuid(), filename)...)
	return n.plant(x, []*block{{typ: "image", content: content}}, -1, n.editor(x.ws), time.Now())[0].id
}

// CreateComment adds a comment to a page or block and returns its id.
func (n *Notion) CreateComment(on, text string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	x := n.mustNode(on)
	return n.addComment(x, "", richText(text), n.editor(x.ws), time.Now()).id
}

// A Column is a property of a database made by CreateDatabase.
type Column struct {
	Name    string
	Type    string   // such as "select"
	Options []string // of select, multi_select and status
	Target  string   // of relation: a data source id
}

// CreateDatabase makes a database with one data source below a page or at the
// top of a workspace. A title column is added when there is none.
func (n *Notion) CreateDatabase(parent, title string, columns ...Column) (database, dataSource string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	ws, r := n.placeFor(parent)
	by := n.editor(ws)
	db := n.add(kindDatabase, ws, r, by, now)
	db.title, db.description = richText(title), []any{}
	ds := n.addSource(db, richText(title), n.schemaFrom(columns), by, now)
	db.known, ds.known = nil, nil
	n.index(db, time.Time{})
	n.index(ds, time.Time{})
	return db.id, ds.id
}

// AddDataSource adds a data source to a database and returns its id. From then
// on old versions answer 400 for the database.
func (n *Notion) AddDataSource(database, title string, columns ...Column) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	db := n.mustNode(database)
	return n.addSource(db, richText(title), n.schemaFrom(columns), n.editor(db.ws), time.Now()).id
}

func (n *Notion) schemaFrom(columns []Column) *schema {
	s := &schema{}
	hasTitle := false
	c := &call{n: n}
	for _, col := range columns {
		p := &property{id: n.made.propertyID(), name: col.Name, typ: col.Type, target: col.Target}
		if col.Type == "title" {
			p.id, hasTitle = "title", true
		}
		options := []any{}
		for _, name := range col.Options {
			options = append(options, object{{"name", name}})
		}
		if col.Type != "relation" {
			_ = c.configure(p, object{{"options", options}}) // only relations can fail
		}
		s.properties = append(s.properties, p)
	}
	if !hasTitle {
		s.properties = append([]*property{{id: "title", name: "Name", typ: "title"}}, s.properties...)
	}
	return s
}

// AddTemplate makes a page a template of its data source; the first one is the
// default. It is no longer a row then.
func (n *Notion) AddTemplate(dataSource, page string) {
	n.edit(page, func(x *node, _ string, _ time.Time) {
		n.detach(x)
		ds := n.mustNode(dataSource)
		ds.templates = append(ds.templates, x.id)
	})
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

// plainValues turns Go values into those of properties.
func (n *Notion) plainValues(x *node, values map[string]any) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(values)) { // new options draw ids: in one order
		p := n.schemaOf(x).find(name)
		if p == nil {
			panic("notiontest: no such property: " + name)
		}
		out[p.id] = n.plainValue(p, values[name])
	}
	return out
}

func (n *Notion) plainValue(p *property, v any) any {
	if v == nil {
		return valueTypes(p.typ).empty
	}
	switch p.typ {
	case "title", "rich_text":
		return richText(fmt.Sprint(v))
	case "select", "status":
		return n.optionNamed(p, fmt.Sprint(v))
	case "date":
		return object{{"start", fmt.Sprint(v)}, {"end", nil}, {"time_zone", nil}}
	case "multi_select", "people", "relation":
		return n.plainList(p, v.([]string))
	case "files":
		return []any{append(object{{"name", fmt.Sprint(v)}}, storedFile(n.made.uuid(), fmt.Sprint(v))...)}
	}
	return v
}

func (n *Notion) plainList(p *property, items []string) []any {
	out := []any{}
	for _, s := range items {
		switch p.typ {
		case "multi_select":
			out = append(out, n.optionNamed(p, s))
		case "people":
			out = append(out, partialUser(s))
		default:
			out = append(out, object{{"id", mustID(s)}})
		}
	}
	return out
}

func (n *Notion) optionNamed(p *property, name string) object {
	o := p.option("", name)
	if o == nil {
		o = n.addOption(p, object{{"name", name}})
	}
	return o.without("description")
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

// Rows counts the rows of a data source that are not in the trash.
func (n *Notion) Rows(dataSource string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.settle(time.Now())
	return len(n.live(n.mustNode(dataSource)))
}

// Children counts the children of a page or block that are not in the trash.
func (n *Notion) Children(id string) int { return n.Rows(id) }
