package notiontest

import (
	"slices"
	"strings"
)

func (c *call) retrieveBlock() (object, error) {
	x, err := c.pathNode("block_id", kindBlock)
	if err != nil {
		return nil, err
	}
	return c.n.blockObject(x, c.version, c.now), nil
}

func (c *call) updateBlock() (object, error) {
	x, err := c.pathNode("block_id", kindBlock)
	if err != nil {
		return nil, err
	}
	if err := c.checkTrashWord(); err != nil {
		return nil, err
	}
	if x.kind == kindBlock && c.body.has(x.block) {
		if err := c.rewrite(x, c.body.object(x.block)); err != nil {
			return nil, err
		}
	}
	for _, key := range []string{"in_trash", "archived"} {
		if b, ok := c.body.at(key).(bool); ok {
			x.trashed = b
		}
	}
	c.n.touch(x, c.conn.id, c.now)
	c.n.index(x, c.now)
	return c.n.blockObject(x, c.version, c.now), nil
}

// rewrite changes the members of a block's content that a request names.
func (c *call) rewrite(x *node, o object) error {
	merged := x.content
	for _, m := range o {
		merged = merged.with(m.key, m.value)
	}
	if slices.Contains(media, x.block) && !o.has("external") && !o.has("file_upload") {
		x.content = merged
		return nil
	}
	content, err := c.readContent("body."+x.block, x.block, merged)
	if err != nil {
		return err
	}
	x.content = content
	return nil
}

// deleteBlock moves a block to the trash, or a page, or a database.
func (c *call) deleteBlock() (object, error) {
	x, err := c.pathNode("block_id", kindBlock)
	if err != nil {
		return nil, err
	}
	if c.n.isTrashed(x) {
		return nil, invalid("Can't edit block that is archived. You must unarchive the block before editing.")
	}
	x.trashed = true
	c.n.touch(x, c.conn.id, c.now)
	c.n.index(x, c.now)
	return c.n.blockObject(x, c.version, c.now), nil
}

func (c *call) listChildren() (object, error) {
	x, err := c.pathNode("block_id", kindBlock)
	if err != nil {
		return nil, err
	}
	return c.list(listing{
		typ: "block",
		ids: func() ([]string, error) {
			ids := []string{}
			for _, child := range c.n.live(x) {
				if child.kind != kindSource && c.n.sees(c.conn, child) {
					ids = append(ids, child.id)
				}
			}
			return ids, nil
		},
		show: func(id string) object {
			child := c.n.nodes[id]
			if child.trashed {
				return nil
			}
			return c.n.blockObject(child, c.version, c.now)
		},
	})
}

func (c *call) appendChildren() (object, error) {
	x, err := c.pathNode("block_id", kindBlock)
	if err != nil {
		return nil, err
	}
	if c.n.isTrashed(x) {
		return nil, invalid("Can't edit block that is archived. You must unarchive the block before editing.")
	}
	if x.kind == kindDatabase {
		return nil, invalid("Blocks cannot be appended to a database.")
	}
	blocks, err := c.readBlocks("body.children", c.body.at("children"), 0)
	if err != nil {
		return nil, err
	}
	index, err := c.position(x)
	if err != nil {
		return nil, err
	}
	if err := c.allowBlocks(count(blocks)); err != nil {
		return nil, err
	}
	results := []object{}
	made := c.n.plant(x, blocks, index, c.conn.id, c.now)
	c.n.touch(x, c.conn.id, c.now)
	for _, b := range made {
		results = append(results, c.n.blockObject(b, c.version, c.now))
	}
	return object{{"object", "list"}, {"results", results}, {"next_cursor", nil}, {"has_more", false},
		{"type", "block"}, {"block", object{}}}, nil
}

// position is the index at which an append begins; -1 means the end. Version
// 2026-03-11 has position where older ones have after.
func (c *call) position(x *node) (int, error) {
	if c.body.has("after") {
		if !c.version.hasArchived() {
			return 0, mustBe("body.after", "not present", c.body.at("after"))
		}
		return c.behind(x, "body.after", c.body.at("after"))
	}
	p := c.body.object("position")
	switch strings.TrimPrefix(p.text("type"), "page_") {
	case "start":
		return 0, nil
	case "after_block":
		return c.behind(x, "body.position.after_block.id", p.object("after_block").at("id"))
	case "end", "":
		return -1, nil
	}
	return 0, mustBe("body.position.type", "\"after_block\", \"start\" or \"end\"", p.at("type"))
}

// behind is the index behind a child of x.
func (c *call) behind(x *node, where string, v any) (int, error) {
	s, _ := v.(string)
	id, ok := parseID(s)
	if !ok {
		return 0, mustBe(where, "a valid uuid", undefinedIfNil(v))
	}
	i := slices.Index(x.children, id)
	if i < 0 {
		return 0, invalid("Block with ID %s is not a child of %s.", id, x.id)
	}
	return i + 1, nil
}

// erase takes everything on a page into the trash.
func (n *Notion) erase(x *node) {
	for _, child := range n.live(x) {
		if child.kind == kindBlock {
			child.trashed = true
		}
	}
}

// contentOf reads the content that a page is created with: blocks or markdown.
func (c *call) contentOf(o object) ([]*block, error) {
	for _, key := range []string{"children", "content"} {
		if o.has(key) {
			return c.readBlocks("body."+key, o.at(key), 0)
		}
	}
	if !o.has("markdown") {
		return nil, nil
	}
	s, ok := o.at("markdown").(string)
	if !ok {
		return nil, mustBe("body.markdown", "a string", o.at("markdown"))
	}
	return parseMarkdown(s), nil
}
