package notiontest

func (c *call) updateDatabase() (object, error) {
	x, err := c.pathNode("database_id", kindDatabase)
	if err != nil {
		return nil, err
	}
	source, err := x, error(nil)
	if !c.version.hasDataSources() {
		if source, err = c.onlySource(x); err != nil {
			return nil, err
		}
	}
	if err := c.alter(x); err != nil {
		return nil, err
	}
	if source != x {
		if c.body.has("title") {
			source.title = x.title
		}
		if err := c.reshape(source); err != nil {
			return nil, err
		}
		c.n.touch(source, c.conn.id, c.now)
	}
	return c.showDatabase(x)
}

func (c *call) updateDataSource() (object, error) {
	x, err := c.pathNode("data_source_id", kindSource)
	if err != nil {
		return nil, err
	}
	if err := c.reshape(x); err != nil {
		return nil, err
	}
	if err := c.alter(x); err != nil {
		return nil, err
	}
	return c.n.sourceObject(x, c.version, c.now), nil
}

// alter changes what databases and data sources have in common.
func (c *call) alter(x *node) error {
	if err := c.checkTrashWord(); err != nil {
		return err
	}
	for _, t := range []struct {
		key string
		to  *[]any
	}{{"title", &x.title}, {"description", &x.description}} {
		if !c.body.has(t.key) {
			continue
		}
		got, err := readRichText("body."+t.key, c.body.at(t.key))
		if err != nil {
			return err
		}
		*t.to = got
	}
	if err := c.decorate(x); err != nil {
		return err
	}
	if err := c.rehang(x); err != nil {
		return err
	}
	for _, m := range c.body {
		b, ok := m.value.(bool)
		switch {
		case !ok:
		case m.key == "in_trash", m.key == "archived":
			x.trashed = b
		case m.key == "is_inline":
			x.inline = b
		case m.key == "is_locked":
			x.locked = b
		}
	}
	c.n.touch(x, c.conn.id, c.now)
	c.n.index(x, c.now)
	return nil
}

// rehang moves a database to another page, or a data source to another database.
func (c *call) rehang(x *node) error {
	if !c.body.has("parent") {
		return nil
	}
	kinds := []string{kindPage, kindBlock}
	if x.kind == kindSource {
		kinds = []string{kindDatabase}
	}
	parent, err := c.parent("body.parent", c.body.at("parent"), kinds...)
	if err != nil {
		return err
	}
	c.n.detach(x)
	x.parent = ref{}
	if parent != nil {
		x.parent = ref{parent.kind, parent.id}
	}
	c.n.attach(x, -1)
	return nil
}
