package notiontest

import "time"

// databaseObject is a database as an answer shows it: with the schema of its
// one data source in old versions, with its data sources in new ones.
func (n *Notion) databaseObject(x *node, v version, now time.Time) object {
	o := append(object{{"object", "database"}, {"id", x.id}}, member{"cover", n.signed(x.ws, x.cover, now)},
		member{"icon", n.signed(x.ws, x.icon, now)})
	o = append(o, madeBy(x)...)
	o = append(o, member{"title", x.title}, member{"description", x.description}, member{"is_inline", x.inline})
	if v.hasDataSources() {
		sources := []object{}
		for _, s := range n.live(x) {
			sources = append(sources, object{{"id", s.id}, {"name", n.name(s)}})
		}
		o = append(o, member{"is_locked", x.locked}, member{"data_sources", sources})
	} else if sources := n.live(x); len(sources) > 0 {
		o = append(o, member{"properties", n.properties(sources[0].schema, v)})
	}
	o = append(o, member{"parent", n.parentOf(x, v)}, member{"url", n.url(x)}, member{"public_url", nil})
	return append(o, n.trash(x, v)...)
}

// sourceObject is a data source as an answer shows it.
func (n *Notion) sourceObject(x *node, v version, now time.Time) object {
	db := n.nodes[x.parent.id]
	o := object{{"object", "data_source"}, {"id", x.id}, {"cover", n.signed(x.ws, db.cover, now)}, {"icon", n.signed(x.ws, x.icon, now)}}
	o = append(o, madeBy(x)...)
	o = append(o, member{"title", x.title}, member{"description", x.description}, member{"is_inline", db.inline},
		member{"properties", n.properties(x.schema, v)},
		member{"parent", object{{"type", "database_id"}, {"database_id", db.id}}},
		member{"database_parent", n.parentOf(db, v)}, member{"url", n.url(db)}, member{"public_url", nil})
	return append(o, n.trash(x, v)...)
}

func (n *Notion) properties(s *schema, v version) object {
	o := make(object, 0, len(s.properties))
	for _, p := range s.properties {
		o = append(o, member{p.name, n.config(p, v)})
	}
	return o
}

// tableNode is what a version calls the thing with rows: the data source of a
// path, or that of the database of a path.
func (c *call) tableNode() (*node, error) {
	if c.version.hasDataSources() {
		return c.pathNode("data_source_id", kindSource)
	}
	db, err := c.pathNode("database_id", kindDatabase)
	if err != nil {
		return nil, err
	}
	return c.onlySource(db)
}

func (c *call) retrieveDatabase() (object, error) {
	x, err := c.pathNode("database_id", kindDatabase)
	if err != nil {
		return nil, err
	}
	return c.showDatabase(x)
}

func (c *call) showDatabase(x *node) (object, error) {
	if !c.version.hasDataSources() {
		if _, err := c.onlySource(x); err != nil {
			return nil, err
		}
	}
	return c.n.databaseObject(x, c.version, c.now), nil
}

func (c *call) retrieveDataSource() (object, error) {
	x, err := c.pathNode("data_source_id", kindSource)
	if err != nil {
		return nil, err
	}
	return c.n.sourceObject(x, c.version, c.now), nil
}

// listDatabases is the list of old, which search has replaced.
func (c *call) listDatabases() (object, error) {
	return c.list(listing{
		typ: "database",
		ids: func() ([]string, error) {
			return c.n.visible(c.conn, func(x *node) bool { return x.kind == kindDatabase && len(c.n.live(x)) == 1 }), nil
		},
		show: func(id string) object { return c.n.databaseObject(c.n.nodes[id], c.version, c.now) },
	})
}

// createDatabase makes a database, its data source and its first view.
func (c *call) createDatabase() (object, error) {
	parent, err := c.parent("body.parent", c.body.at("parent"), kindPage, kindBlock)
	if err != nil {
		return nil, err
	}
	config, where := c.body.at("properties"), "body.properties"
	if c.version.hasDataSources() {
		config, where = c.body.object("initial_data_source").at("properties"), "body.initial_data_source.properties"
	}
	s, err := c.readSchema(where, config)
	if err != nil {
		return nil, err
	}
	title, err := readRichText("body.title", orEmpty(c.body.at("title")))
	if err != nil {
		return nil, err
	}
	ws, r := c.conn.ws, ref{}
	if parent != nil {
		r = ref{parent.kind, parent.id}
	}
	db := c.n.add(kindDatabase, ws, r, c.conn.id, c.now)
	db.title, db.description, db.inline = title, []any{}, c.body.flag("is_inline")
	if err := c.decorate(db); err != nil {
		return nil, err
	}
	c.n.addSource(db, title, s, c.conn.id, c.now)
	return c.showDatabase(db)
}

// addSource adds a data source to a database, and a table view of it.
func (n *Notion) addSource(db *node, title []any, s *schema, by string, at time.Time) *node {
	ds := n.add(kindSource, db.ws, ref{kindDatabase, db.id}, by, at)
	ds.title, ds.description, ds.schema = title, []any{}, s
	n.index(db, at)
	n.index(ds, at)
	n.addView(db, ds, "Default view", "table", by, at)
	return ds
}

// readSchema reads the properties of a new data source. One is the title.
func (c *call) readSchema(where string, v any) (*schema, error) {
	given, ok := v.(object)
	if !ok && v != nil {
		return nil, mustBe(where, "an object", v)
	}
	s := &schema{}
	for _, m := range given {
		p, err := c.readProperty(where+"."+m.key, m.key, m.value)
		if err != nil {
			return nil, err
		}
		s.properties = append(s.properties, p)
	}
	titles := 0
	for _, p := range s.properties {
		if p.typ == "title" {
			titles++
		}
	}
	switch titles {
	case 0:
		s.properties = append([]*property{{id: "title", name: "Name", typ: "title"}}, s.properties...)
	case 1:
	default:
		return nil, invalid("Only one title property is allowed.")
	}
	return s, nil
}

func (c *call) createDataSource() (object, error) {
	db, err := c.parent("body.parent", c.body.at("parent"), kindDatabase)
	if err != nil {
		return nil, err
	}
	s, err := c.readSchema("body.properties", c.body.at("properties"))
	if err != nil {
		return nil, err
	}
	title, err := readRichText("body.title", orEmpty(c.body.at("title")))
	if err != nil {
		return nil, err
	}
	ds := c.n.addSource(db, title, s, c.conn.id, c.now)
	if err := c.decorate(ds); err != nil {
		return nil, err
	}
	return c.n.sourceObject(ds, c.version, c.now), nil
}
