package notiontest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// retrieveProperty answers one property of a page: an item, or for properties
// that hold many things a list of items.
func (c *call) retrieveProperty() (object, error) {
	x, err := c.pathNode("page_id", kindPage)
	if err != nil {
		return nil, err
	}
	p := c.n.schemaOf(x).find(c.ids[1])
	if p == nil {
		return nil, &problem{status: 404, code: "object_not_found", message: "Could not find property with ID: " + c.ids[1] + ".",
			data: object{{"integration_id", c.conn.id}}}
	}
	switch p.typ {
	case "title", "rich_text", "people", "relation":
		return c.propertyList(x, p)
	}
	item := c.n.shownProperty(x, p, c.now)
	return object{{"object", "property_item"}, {"type", p.typ}, {"id", p.encodedID()}, {p.typ, item.at(p.typ)}}, nil
}

func (c *call) propertyList(x *node, p *property) (object, error) {
	values, _ := c.n.value(x, p).([]any)
	at := map[string]int{}
	ids := make([]string, len(values))
	for i := range values {
		ids[i] = placeID(p.id, i)
		at[ids[i]] = i
	}
	pg, err := c.page(listing{what: p.id, ids: func() ([]string, error) { return ids, nil }, show: func(id string) object {
		i, ok := at[id]
		if !ok {
			return nil
		}
		return object{{"object", "property_item"}, {"type", p.typ}, {"id", p.encodedID()}, {p.typ, values[i]}}
	}})
	if err != nil {
		return nil, err
	}
	return object{{"object", "list"}, {"results", pg.results}, {"next_cursor", pg.next}, {"has_more", pg.next != nil}, {"type", "property_item"},
		{"property_item", object{{"id", p.encodedID()}, {"next_url", nil}, {"type", p.typ}, {p.typ, object{}}}}}, nil
}

// placeID names the i-th item of a list that has no ids of its own.
func placeID(list string, i int) string {
	sum := sha256.Sum256([]byte(list + " " + strconv.Itoa(i)))
	return dashed(hex.EncodeToString(sum[:16]))
}
