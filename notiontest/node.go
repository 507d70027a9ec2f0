package notiontest

import (
	"slices"
	"strings"
	"time"
)

// The kinds of nodes. They share one id namespace: a page's id is also the id
// of the child_page block that stands for it.
const (
	kindPage     = "page"
	kindBlock    = "block"
	kindDatabase = "database"
	kindSource   = "data_source"
)

// A ref says where a node hangs; the zero one is the workspace itself.
type ref struct{ kind, id string }

// A node is a page, a block, a database or a data source.
type node struct {
	kind, id string
	ws       *workspace
	parent   ref
	children []string // page, block: blocks, pages and databases; database: data sources; data source: rows

	created, edited     time.Time
	createdBy, editedBy string // user ids
	trashed             bool
	archived, locked    bool // a page's is_archived and is_locked
	icon, cover         any

	values map[string]any // a page's properties, by property id

	title, description []any // rich text of a database or data source
	inline             bool
	schema             *schema  // of a data source
	templates          []string // page ids, the default one first

	block   string // a block's type
	content object

	known []indexed // what search knew of it, by time
}

// add makes a node below parent. The caller fills in the rest.
func (n *Notion) add(kind string, ws *workspace, parent ref, by string, at time.Time) *node {
	x := &node{kind: kind, id: n.made.uuid(), ws: ws, parent: parent,
		created: at, edited: at, createdBy: by, editedBy: by}
	n.nodes[x.id] = x
	n.attach(x, -1)
	return x
}

// attach puts x into its parent's list: at index, or at the end if negative.
func (n *Notion) attach(x *node, index int) {
	list := n.siblings(x)
	if index < 0 || index > len(*list) {
		index = len(*list)
	}
	*list = slices.Insert(*list, index, x.id)
}

func (n *Notion) detach(x *node) {
	list := n.siblings(x)
	*list = slices.DeleteFunc(*list, func(id string) bool { return id == x.id })
}

func (n *Notion) siblings(x *node) *[]string {
	if p := n.nodes[x.parent.id]; p != nil {
		return &p.children
	}
	return &x.ws.top
}

// touch records an edit. A block's edit is also its page's.
func (n *Notion) touch(x *node, by string, at time.Time) {
	for ; x != nil; x = n.nodes[x.parent.id] {
		x.edited, x.editedBy = at, by
		if x.kind != kindBlock {
			return
		}
	}
}

// isTrashed tells whether the node or anything above it is in the trash.
func (n *Notion) isTrashed(x *node) bool {
	for ; x != nil; x = n.nodes[x.parent.id] {
		if x.trashed {
			return true
		}
	}
	return false
}

// live are the node's children that are not in the trash.
func (n *Notion) live(x *node) []*node {
	out := make([]*node, 0, len(x.children))
	for _, id := range x.children {
		if c := n.nodes[id]; c != nil && !c.trashed {
			out = append(out, c)
		}
	}
	return out
}

// isBelow tells whether x is root or hangs somewhere below it.
func (n *Notion) isBelow(x *node, root string) bool {
	for ; x != nil; x = n.nodes[x.parent.id] {
		if x.id == root {
			return true
		}
	}
	return false
}

// name is the plain title of a page, database or data source.
func (n *Notion) name(x *node) string {
	if x.kind == kindPage {
		return plainText(n.pageTitle(x))
	}
	return plainText(x.title)
}

func (n *Notion) pageTitle(x *node) []any {
	l, _ := x.values["title"].([]any)
	return l
}

// url is where people open the object. Since June 2026 that is app.notion.com.
func (n *Notion) url(x *node) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, n.name(x))
	if x.kind != kindPage || strings.Trim(slug, "-") == "" {
		return "https://app.notion.com/p/" + undashed(x.id)
	}
	return "https://app.notion.com/p/" + strings.Trim(slug, "-") + "-" + undashed(x.id)
}

// minute is how Notion writes when something was made or edited: to the
// minute, so that two edits within one look alike.
func minute(t time.Time) string {
	return t.UTC().Truncate(time.Minute).Format("2006-01-02T15:04:05.000Z")
}

func milli(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func partialUser(id string) object { return object{{"object", "user"}, {"id", id}} }

// mustID reads an id given by a test; a wrong one is the test's mistake.
func mustID(s string) string {
	id, ok := parseID(s)
	if !ok {
		panic("notiontest: not an id: " + s)
	}
	return id
}
