package notiontest

import (
	"fmt"
	"slices"
	"time"
)

// A block is a block of a request that is checked, but not made yet.
type block struct {
	typ      string
	content  object
	children []*block
}

// blockTypes are the types that can be created, and whether they hold text.
var blockTypes = map[string]bool{
	"paragraph": true, "heading_1": true, "heading_2": true, "heading_3": true, "heading_4": true,
	"bulleted_list_item": true, "numbered_list_item": true, "to_do": true, "toggle": true, "quote": true,
	"callout": true, "template": true, "code": true,
	"embed": false, "bookmark": false, "image": false, "video": false, "pdf": false, "file": false, "audio": false,
	"equation": false, "divider": false, "breadcrumb": false, "tab": false, "table_of_contents": false,
	"link_to_page": false, "table": false, "table_row": false, "column_list": false, "column": false, "synced_block": false,
}

// media are the types that hold a file.
var media = []string{"image", "video", "pdf", "file", "audio"}

// readBlocks reads the blocks of a request: at most 100 in a list, at most two
// levels, at most 1000 in all.
func (c *call) readBlocks(where string, v any, level int) ([]*block, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, mustBe(where, "an array", undefinedIfNil(v))
	}
	if len(items) > 100 {
		return nil, invalid("body failed validation: %s.length should be ≤ `100`, instead was `%d`.", where, len(items))
	}
	var out []*block
	for i, it := range items {
		b, err := c.readBlock(fmt.Sprintf("%s[%d]", where, i), it, level)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	if level == 0 && count(out) > 1000 {
		return nil, invalid("body failed validation: %s should contain at most 1000 blocks, instead had `%d`.", where, count(out))
	}
	return out, nil
}

func count(blocks []*block) int {
	n := len(blocks)
	for _, b := range blocks {
		n += count(b.children)
	}
	return n
}

func (c *call) readBlock(where string, v any, level int) (*block, error) {
	o, _ := v.(object)
	typ := o.text("type")
	for _, m := range o {
		if _, known := blockTypes[m.key]; known && typ == "" {
			typ = m.key
		}
	}
	if _, known := blockTypes[typ]; !known || !o.has(typ) {
		return nil, invalid("body failed validation: %s should have one of the known block types, instead was `%s`.", where, shown(v))
	}
	b := &block{typ: typ}
	var err error
	if b.content, err = c.readContent(where+"."+typ, typ, o.object(typ)); err != nil {
		return nil, err
	}
	children := o.object(typ).at("children")
	if children == nil {
		children = o.at("children")
	}
	switch {
	case children == nil:
		return b, nil
	case level >= 2:
		return nil, mustBe(where+"."+typ+".children", "not present", children)
	}
	b.children, err = c.readBlocks(where+"."+typ+".children", children, level+1)
	return b, err
}

// readContent reads what is particular to a block's type.
func (c *call) readContent(where, typ string, o object) (object, error) {
	if slices.Contains(media, typ) {
		return c.readMedia(where, o)
	}
	content := o.without("children")
	if !blockTypes[typ] {
		return content, nil
	}
	for _, key := range []string{"rich_text", "caption"} {
		if key == "caption" && !content.has(key) {
			continue
		}
		items, err := readRichText(where+"."+key, undefinedIfNil(content.at(key)))
		if err != nil {
			return nil, err
		}
		content.set(key, items)
	}
	return withDefaults(typ, content), nil
}

func (c *call) readMedia(where string, o object) (object, error) {
	f, err := c.readFile(where, o)
	if err != nil {
		return nil, err
	}
	caption, err := readRichText(where+".caption", orEmpty(o.at("caption")))
	if err != nil {
		return nil, err
	}
	return append(object{{"caption", caption}}, f.without("name")...), nil
}

func orEmpty(v any) any {
	if v == nil {
		return []any{}
	}
	return v
}

func withDefaults(typ string, o object) object {
	missing := object{{"color", "default"}}
	switch typ {
	case "code":
		missing = object{{"caption", []any{}}, {"language", "plain text"}}
	case "to_do":
		missing = object{{"checked", false}, {"color", "default"}}
	case "heading_1", "heading_2", "heading_3", "heading_4":
		missing = object{{"is_toggleable", false}, {"color", "default"}}
	case "callout":
		missing = object{{"icon", nil}, {"color", "default"}}
	}
	for _, m := range missing {
		if !o.has(m.key) {
			o = append(o, m)
		}
	}
	return o
}

// plant makes blocks below parent, at index or at the end, and returns them.
func (n *Notion) plant(parent *node, blocks []*block, index int, by string, at time.Time) []*node {
	var made []*node
	for i, b := range blocks {
		x := &node{kind: kindBlock, id: n.made.uuid(), ws: parent.ws, parent: ref{parent.kind, parent.id},
			created: at, edited: at, createdBy: by, editedBy: by, block: b.typ, content: b.content}
		n.nodes[x.id] = x
		to := index
		if index >= 0 {
			to = index + i
		}
		n.attach(x, to)
		n.plant(x, b.children, -1, by, at)
		made = append(made, x)
	}
	parent.ws.blocks += len(blocks)
	return made
}

// allowBlocks holds a workspace to its block limit, if it has one.
func (c *call) allowBlocks(more int) error {
	ws := c.conn.ws
	if ws.blockLimit == 0 || ws.blocks+more <= ws.blockLimit {
		return nil
	}
	return &problem{status: 403, code: "restricted_resource", message: "This workspace has reached its block limit. Upgrade the plan to add more blocks.",
		data: object{{"block_limit", fmt.Sprint(ws.blockLimit)}}}
}

// blockObject is a node as an answer about blocks shows it: pages and databases
// too, as the blocks that stand for them.
func (n *Notion) blockObject(x *node, v version, now time.Time) object {
	typ, content := n.blockContent(x, v, now)
	o := object{{"object", "block"}, {"id", x.id}, {"parent", n.parentOf(x, v)}}
	o = append(o, madeBy(x)...)
	o = append(o, member{"has_children", x.kind != kindDatabase && len(n.live(x)) > 0})
	o = append(o, n.trash(x, v)...)
	return append(o, member{"type", typ}, member{typ, content})
}

func (n *Notion) blockContent(x *node, v version, now time.Time) (string, object) {
	switch {
	case x.kind == kindPage:
		return "child_page", object{{"title", n.name(x)}}
	case x.kind == kindDatabase:
		return "child_database", object{{"title", n.name(x)}}
	case slices.Contains(media, x.block):
		return x.block, n.signed(x.ws, x.content, now).(object)
	case x.block == "meeting_notes" && v < v2026:
		return "transcription", x.content
	case x.content.has("icon"):
		return x.block, x.content.with("icon", n.signed(x.ws, x.content.at("icon"), now))
	}
	return x.block, x.content
}
