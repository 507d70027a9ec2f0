package notiontest

import "strings"

// named finds the object that a request names by id, if the connection sees it.
func (c *call) named(where, kind string, v any) (*node, error) {
	s, _ := v.(string)
	id, ok := parseID(s)
	if !ok {
		return nil, mustBe(where, "a valid uuid", v)
	}
	x := c.n.nodes[id]
	if x == nil || !c.n.sees(c.conn, x) {
		return nil, c.conn.notFound(strings.ReplaceAll(kind, "_", " "), id)
	}
	if x.kind != kind && kind != kindBlock {
		return nil, c.wrongKind(x, kind)
	}
	if kind == kindBlock && x.kind == kindSource {
		return nil, c.conn.notFound(kind, id)
	}
	return x, nil
}

// wrongKind is what Notion says to the id of another kind of object. A database
// id is not a data source's and the other way round: that is not found.
func (c *call) wrongKind(x *node, want string) error {
	if want == kindSource || x.kind == kindSource {
		return c.conn.notFound(strings.ReplaceAll(want, "_", " "), x.id)
	}
	return invalid("Provided ID %s is a %s, not a %s. Use the retrieve %s API instead: https://developers.notion.com/reference/retrieve-a-%s",
		x.id, x.kind, want, x.kind, x.kind)
}

// pathNode is the object that the path names first.
func (c *call) pathNode(param, kind string) (*node, error) {
	return c.named("path."+param, kind, c.ids[0])
}
