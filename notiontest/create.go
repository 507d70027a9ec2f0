package notiontest

import "time"

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
