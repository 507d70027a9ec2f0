package notiontest

import "time"

// queryLife is how long a view query's result set lives (recorded: 15 min).
const queryLife = 15 * time.Minute

// A view shows a data source in a database.
type view struct {
	id, name, typ   string
	db, ds          *node
	created, edited time.Time
	by, editedBy    string
	filter, sorts   any
	more            object // quick_filters and configuration, as given
}

// A resultSet is what a view query found.
type resultSet struct {
	id, view string
	bot      string
	rows     []string
	expires  time.Time
}

func (n *Notion) addView(db, ds *node, name, typ, by string, at time.Time) *view {
	v := &view{id: n.made.uuid(), name: name, typ: typ, db: db, ds: ds, created: at, edited: at, by: by, editedBy: by}
	n.views.add(v.id, v)
	return v
}

func (c *call) viewObject(v *view) object {
	o := object{{"object", "view"}, {"id", v.id}, {"parent", object{{"type", "database_id"}, {"database_id", v.db.id}}},
		{"name", v.name}, {"type", v.typ}, {"created_time", minute(v.created)}, {"last_edited_time", minute(v.edited)},
		{"url", c.n.url(v.db) + "?v=" + undashed(v.id)}, {"data_source_id", v.ds.id},
		{"created_by", partialUser(v.by)}, {"last_edited_by", partialUser(v.editedBy)},
		{"filter", v.filter}, {"sorts", v.sorts}}
	return append(o, v.more...)
}

func (c *call) pathView() (*view, error) {
	id, ok := parseID(c.ids[0])
	if !ok {
		return nil, mustBe("path.view_id", "a valid uuid", c.ids[0])
	}
	v := c.n.views.byID[id]
	if v == nil || !c.n.sees(c.conn, v.ds) {
		return nil, c.conn.notFound("view", id)
	}
	return v, nil
}

func (c *call) listViews() (object, error) {
	key, kind := "database_id", kindDatabase
	if !c.query.Has(key) {
		key, kind = "data_source_id", kindSource
	}
	if !c.query.Has(key) {
		return nil, mustBe("query.database_id", "defined", undefined{})
	}
	x, err := c.named("query."+key, kind, c.query.Get(key))
	if err != nil {
		return nil, err
	}
	return c.list(listing{
		typ:  "view",
		what: x.id,
		ids: func() ([]string, error) {
			ids := []string{}
			for v := range c.n.views.each {
				if v.db == x || v.ds == x {
					ids = append(ids, v.id)
				}
			}
			return ids, nil
		},
		show: func(id string) object { return object{{"object", "view"}, {"id", id}} },
	})
}

func (c *call) createView() (object, error) {
	ds, err := c.named("body.data_source_id", kindSource, c.body.at("data_source_id"))
	if err != nil {
		return nil, err
	}
	if c.body.text("name") == "" || c.body.text("type") == "" {
		return nil, mustBe("body.name", "defined", undefined{})
	}
	if err := c.checkView(ds); err != nil {
		return nil, err
	}
	v := c.n.addView(c.n.nodes[ds.parent.id], ds, c.body.text("name"), c.body.text("type"), c.conn.id, c.now)
	c.amendView(v)
	return c.viewObject(v), nil
}

// checkView refuses a filter or sorts that the data source does not understand.
func (c *call) checkView(ds *node) error {
	if _, err := c.filter(ds.schema, c.body.at("filter")); err != nil {
		return err
	}
	_, err := c.order(ds.schema, c.body.at("sorts"))
	return err
}

func (c *call) amendView(v *view) {
	for _, m := range c.body {
		switch m.key {
		case "name":
			v.name, _ = m.value.(string)
		case "filter":
			v.filter = m.value
		case "sorts":
			v.sorts = m.value
		case "quick_filters", "configuration":
			v.more = v.more.with(m.key, m.value)
		}
	}
	v.edited, v.editedBy = c.now, c.conn.id
}

func (c *call) retrieveView() (object, error) {
	v, err := c.pathView()
	if err != nil {
		return nil, err
	}
	return c.viewObject(v), nil
}

func (c *call) updateView() (object, error) {
	v, err := c.pathView()
	if err != nil {
		return nil, err
	}
	if err := c.checkView(v.ds); err != nil {
		return nil, err
	}
	c.amendView(v)
	return c.viewObject(v), nil
}

func (c *call) deleteView() (object, error) {
	v, err := c.pathView()
	if err != nil {
		return nil, err
	}
	c.n.views.remove(v.id)
	return object{{"object", "view"}, {"id", v.id}, {"parent", object{{"type", "database_id"}, {"database_id", v.db.id}}}, {"type", v.typ}}, nil
}

// createViewQuery makes a result set and answers its first page.
func (c *call) createViewQuery() (object, error) {
	v, err := c.pathView()
	if err != nil {
		return nil, err
	}
	keep, err := c.filter(v.ds.schema, v.filter)
	if err != nil {
		return nil, err
	}
	before, err := c.order(v.ds.schema, v.sorts)
	if err != nil {
		return nil, err
	}
	set := &resultSet{id: c.n.made.uuid(), view: v.id, bot: c.conn.id,
		rows: c.n.rows(c, v.ds, keep, before, false), expires: c.now.Add(queryLife)}
	c.n.results.add(set.id, set)
	p, err := c.page(c.rowsOf(set))
	if err != nil {
		return nil, err
	}
	o := object{{"object", "view_query"}, {"id", set.id}, {"view_id", v.id}, {"expires_at", milli(set.expires)},
		{"total_count", p.total}, {"results", p.results}, {"next_cursor", p.next}, {"has_more", p.next != nil}}
	return append(o, p.status()...), nil
}

// rowsOf lists a result set. Its cursors are good for the creating call and
// for later ones alike.
func (c *call) rowsOf(set *resultSet) listing {
	return listing{
		typ:   "page",
		owner: "view query " + set.id,
		most:  c.n.opts.QueryCap,
		ids:   func() ([]string, error) { return set.rows, nil },
		show:  func(id string) object { return object{{"object", "page"}, {"id", id}} },
	}
}

func (c *call) pathResults() (*resultSet, error) {
	if _, err := c.pathView(); err != nil {
		return nil, err
	}
	id, ok := parseID(c.ids[1])
	if !ok {
		return nil, mustBe("path.query_id", "a valid uuid", c.ids[1])
	}
	set := c.n.results.byID[id]
	if set == nil || set.bot != c.conn.id || !c.now.Before(set.expires) {
		return nil, c.conn.notFound("view query", id)
	}
	return set, nil
}

func (c *call) retrieveViewQuery() (object, error) {
	set, err := c.pathResults()
	if err != nil {
		return nil, err
	}
	return c.list(c.rowsOf(set))
}

func (c *call) deleteViewQuery() (object, error) {
	set, err := c.pathResults()
	if err != nil {
		return nil, err
	}
	c.n.results.remove(set.id)
	return object{{"object", "view_query"}, {"id", set.id}, {"deleted", true}}, nil
}
