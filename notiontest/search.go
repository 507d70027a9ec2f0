package notiontest

import (
	"slices"
	"strings"
	"time"
)

// indexed is what search knew of an object at a time.
type indexed struct {
	at      time.Time
	title   string
	trashed bool
}

// index tells the search index of a change. Search sees it when it has caught
// up: Options.SearchLag later.
func (n *Notion) index(x *node, at time.Time) {
	if x.kind == kindBlock {
		return
	}
	x.known = append(x.known, indexed{at, n.name(x), x.trashed})
	seen := 0
	for i, k := range x.known {
		if !k.at.After(at.Add(-n.opts.SearchLag)) {
			seen = i
		}
	}
	x.known = x.known[seen:]
}

// found is what search knows of x now; ok is false when it knows nothing yet.
func (n *Notion) found(x *node, now time.Time) (known indexed, ok bool) {
	for _, k := range x.known {
		if !k.at.After(now.Add(-n.opts.SearchLag)) {
			known, ok = k, true
		}
	}
	return known, ok
}

// foundTrashed tells whether search takes x, or anything above it, for trashed.
func (n *Notion) foundTrashed(x *node, now time.Time) bool {
	for ; x != nil; x = n.nodes[x.parent.id] {
		if k, ok := n.found(x, now); ok && k.trashed {
			return true
		}
	}
	return false
}

// visible are the ids of the nodes that a connection sees and that fit, newest
// edit first.
func (n *Notion) visible(c *connection, fits func(*node) bool) []string {
	var all []*node
	for _, x := range n.nodes {
		if x.kind != kindBlock && fits(x) && n.sees(c, x) {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b *node) int {
		if d := b.edited.Compare(a.edited); d != 0 {
			return d
		}
		return strings.Compare(a.id, b.id) // a map has no order of its own
	})
	ids := make([]string, len(all))
	for i, x := range all {
		ids[i] = x.id
	}
	return ids
}

func (c *call) search() (object, error) {
	kinds, trashed, err := c.searchFilter()
	if err != nil {
		return nil, err
	}
	ascending, err := c.searchOrder()
	if err != nil {
		return nil, err
	}
	q, _ := c.body.at("query").(string)
	q = strings.ToLower(q)
	return c.list(listing{
		typ: "page_or_" + c.version.tableObject(),
		ids: func() ([]string, error) {
			ids := c.n.visible(c.conn, func(x *node) bool {
				k, ok := c.n.found(x, c.now)
				return ok && slices.Contains(kinds, x.kind) && c.n.foundTrashed(x, c.now) == trashed && strings.Contains(strings.ToLower(k.title), q) &&
					(x.kind != kindDatabase || len(c.n.live(x)) == 1)
			})
			if ascending {
				slices.Reverse(ids)
			}
			return ids, nil
		},
		show: func(id string) object { return c.searchResult(c.n.nodes[id]) },
	})
}

func (c *call) searchResult(x *node) object {
	switch x.kind {
	case kindPage:
		return c.n.pageObject(x, c.version, c.now, nil)
	case kindSource:
		return c.n.sourceObject(x, c.version, c.now)
	}
	return c.n.databaseObject(x, c.version, c.now)
}

// searchFilter reads which kinds of objects are searched for, and whether in
// the trash. The values differ by version.
func (c *call) searchFilter() (kinds []string, trashed bool, err error) {
	kinds = []string{kindPage, c.version.tableObject()}
	v := c.body.at("filter")
	if v == nil {
		return kinds, false, nil
	}
	o, ok := v.(object)
	if !ok {
		return nil, false, mustBe("body.filter", "an object", v)
	}
	if !o.has("property") && o.has("in_trash") {
		return kinds, o.flag("in_trash"), nil
	}
	if o.text("property") != "object" {
		return nil, false, mustBe("body.filter.property", "`\"object\"`", orUndefined(o, "property"))
	}
	value := o.text("value")
	if !slices.Contains(kinds, value) {
		return nil, false, mustBe("body.filter.value", "`\""+strings.Join(kinds, "\"` or `\"")+"\"`", orUndefined(o, "value"))
	}
	return []string{value}, o.flag("in_trash"), nil
}

func (c *call) searchOrder() (ascending bool, err error) {
	o := c.body.object("sort")
	if o == nil || o.text("property") == "relevance" {
		return false, nil
	}
	if o.text("timestamp") != "last_edited_time" {
		return false, mustBe("body.sort.timestamp", "`\"last_edited_time\"`", orUndefined(o, "timestamp"))
	}
	return o.text("direction") == "ascending", nil
}
