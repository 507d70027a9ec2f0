package notiontest

import (
	"slices"
	"strings"
	"time"
)

// parentOf is the parent of x as a version shows it.
func (n *Notion) parentOf(x *node, v version) object {
	switch x.parent.kind {
	case "":
		return object{{"type", "workspace"}, {"workspace", true}}
	case kindSource:
		db := n.nodes[x.parent.id].parent.id
		if !v.hasDataSources() {
			return object{{"type", "database_id"}, {"database_id", db}}
		}
		return object{{"type", "data_source_id"}, {"data_source_id", x.parent.id}, {"database_id", db}}
	}
	return object{{"type", x.parent.kind + "_id"}, {x.parent.kind + "_id", x.parent.id}}
}

// trash are the members that say whether x is in the trash: archived went with
// version 2026-03-11.
func (n *Notion) trash(x *node, v version) object {
	trashed := n.isTrashed(x)
	if v.hasArchived() {
		return object{{"archived", trashed}, {"in_trash", trashed}}
	}
	return object{{"in_trash", trashed}}
}

// made are the members that say who made x, and when.
func madeBy(x *node) object {
	return object{{"created_time", minute(x.created)}, {"last_edited_time", minute(x.edited)},
		{"created_by", partialUser(x.createdBy)}, {"last_edited_by", partialUser(x.editedBy)}}
}

// pageObject is a page as an answer shows it, with all properties, or with
// those of the given ids.
func (n *Notion) pageObject(x *node, v version, now time.Time, only []string) object {
	properties := object{}
	for _, p := range n.schemaOf(x).properties {
		if only == nil || slices.Contains(only, p.id) {
			properties = append(properties, member{p.name, n.shownProperty(x, p, now)})
		}
	}
	o := append(object{{"object", "page"}, {"id", x.id}}, madeBy(x)...)
	o = append(o, member{"cover", n.signed(x.ws, x.cover, now)}, member{"icon", n.signed(x.ws, x.icon, now)},
		member{"parent", n.parentOf(x, v)})
	o = append(o, n.trash(x, v)...)
	if v.hasDataSources() {
		o = append(o, member{"is_archived", x.archived})
	}
	return append(o, member{"is_locked", x.locked}, member{"properties", properties}, member{"url", n.url(x)}, member{"public_url", nil})
}

func (c *call) showPage(x *node) (object, error) {
	only, err := c.filterProperties(c.n.schemaOf(x))
	if err != nil {
		return nil, err
	}
	return c.n.pageObject(x, c.version, c.now, only), nil
}

// filterProperties reads ?filter_properties=; nil means all.
func (c *call) filterProperties(s *schema) ([]string, error) {
	var only []string
	for _, key := range slices.Concat(c.query["filter_properties"], c.query["filter_properties[]"]) {
		for _, k := range strings.Split(key, ",") {
			p := s.find(k)
			if p == nil {
				return nil, noProperty(k)
			}
			only = append(only, p.id)
		}
	}
	return only, nil
}

func noProperty(key string) error { return invalid("Could not find property with name or id: %s", key) }
