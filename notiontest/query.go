package notiontest

import "time"

func (c *call) queryDatabase() (object, error) { return c.queryTable() }

func (c *call) queryDataSource() (object, error) { return c.queryTable() }

// queryTable answers the rows of a data source: filtered, sorted, one page.
func (c *call) queryTable() (object, error) {
	ds, err := c.tableNode()
	if err != nil {
		return nil, err
	}
	keep, err := c.filter(ds.schema, c.body.at("filter"))
	if err != nil {
		return nil, err
	}
	before, err := c.order(ds.schema, c.body.at("sorts"))
	if err != nil {
		return nil, err
	}
	only, err := c.filterProperties(ds.schema)
	if err != nil {
		return nil, err
	}
	if err := c.checkTrashWord(); err != nil {
		return nil, err
	}
	trashed := c.body.flag("in_trash") || c.body.flag("archived")
	return c.list(listing{
		typ:  "page_or_" + c.version.tableObject(),
		most: c.n.opts.QueryCap,
		ids: func() ([]string, error) {
			return c.n.rows(c, ds, keep, before, trashed), nil
		},
		show: func(id string) object {
			x := c.n.nodes[id]
			if x.trashed != trashed || x.parent.id != ds.id {
				return nil
			}
			return c.n.pageObject(x, c.version, c.now, only)
		},
	})
}

// rows are the ids of the rows that match, in order; without sorts that is the
// order in which they were made.
func (n *Notion) rows(c *call, ds *node, keep predicate, before less, trashed bool) []string {
	var rows []*node
	for _, id := range ds.children {
		if x := n.nodes[id]; x.trashed == trashed && n.sees(c.conn, x) && keep(x) {
			rows = append(rows, x)
		}
	}
	sortStable(rows, before)
	ids := make([]string, len(rows))
	for i, x := range rows {
		ids[i] = x.id
	}
	return ids
}

// listTemplates answers a data source's templates, in an envelope of its own
// without request_id.
func (c *call) listTemplates() (object, error) {
	ds, err := c.pathNode("data_source_id", kindSource)
	if err != nil {
		return nil, err
	}
	name := c.query.Get("name")
	p, err := c.page(listing{
		what: name,
		ids: func() ([]string, error) {
			ids := []string{}
			for _, id := range ds.templates {
				if name == "" || c.n.name(c.n.nodes[id]) == name {
					ids = append(ids, id)
				}
			}
			return ids, nil
		},
		show: func(id string) object {
			return object{{"id", id}, {"name", c.n.name(c.n.nodes[id])}, {"is_default", ds.templates[0] == id}}
		},
	})
	if err != nil {
		return nil, err
	}
	return object{{"templates", p.results}, {"has_more", p.next != nil}, {"next_cursor", p.next}}, nil
}

// fillTemplate starts the job that fills a page with a template's content; it
// ends a while after the answer.
func (c *call) fillTemplate(x *node) {
	t := c.body.object("template")
	ds := c.n.nodes[x.parent.id]
	if t == nil || ds == nil || ds.kind != kindSource {
		return
	}
	from := ""
	switch {
	case t.text("type") == "template_id":
		from, _ = parseID(t.text("template_id"))
	case t.text("type") == "default" && len(ds.templates) > 0:
		from = ds.templates[0]
	}
	template := c.n.nodes[from]
	if template == nil {
		return
	}
	bot := c.conn.id
	c.n.schedule(c.now, func(at time.Time) {
		c.n.plant(x, c.n.copyOf(template), -1, bot, at)
		c.n.touch(x, bot, at)
	})
}

// copyOf is the content of a page, as blocks that can be planted elsewhere.
func (n *Notion) copyOf(x *node) []*block {
	var out []*block
	for _, child := range n.live(x) {
		if child.kind == kindBlock {
			out = append(out, &block{typ: child.block, content: child.content, children: n.copyOf(child)})
		}
	}
	return out
}
