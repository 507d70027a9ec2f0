package notiontest

import "net/url"

// A schema is the list of properties of a data source.
type schema struct{ properties []*property }

// A property is one column.
type property struct {
	id, name, typ string
	description   any
	options       []object // select, multi_select, status: {id, name, color, description}
	groups        []object // status
	format        string   // number
	prefix        any      // unique_id
	expression    string   // formula
	target        string   // relation: data source id
	synced        string   // relation: property id of the other side of a dual one
	rollup        object   // rollup: as in answers
	serial        int      // unique_id: the last one given
}

// encodedID is how a property id travels in answers and paths: "%3FB%3AW".
func (p *property) encodedID() string { return url.QueryEscape(p.id) }

// titleSchema is that of a page outside of any database.
var titleSchema = &schema{properties: []*property{{id: "title", name: "title", typ: "title"}}}

// find looks a property up by name, id or encoded id.
func (s *schema) find(key string) *property {
	decoded, err := url.PathUnescape(key)
	for _, p := range s.properties {
		if p.name == key || p.id == key || err == nil && p.id == decoded {
			return p
		}
	}
	return nil
}

func (s *schema) byID(id string) *property {
	for _, p := range s.properties {
		if p.id == id {
			return p
		}
	}
	return nil
}

// schemaOf is the schema of a page's data source.
func (n *Notion) schemaOf(x *node) *schema {
	if p := n.nodes[x.parent.id]; p != nil && p.kind == kindSource {
		return p.schema
	}
	return titleSchema
}

var optionColors = []string{"default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"}

// option finds an option by id or name; nil when there is none.
func (p *property) option(id, name string) object {
	for _, o := range p.options {
		if id != "" && o.text("id") == id || id == "" && o.text("name") == name {
			return o
		}
	}
	return nil
}

func (n *Notion) addOption(p *property, o object) object {
	made := object{{"id", o.text("id")}, {"name", o.text("name")}, {"color", o.text("color")}, {"description", o.at("description")}}
	if made[0].value == "" {
		made[0].value = n.made.uuid()
	}
	if made[2].value == "" {
		made[2].value = optionColors[len(p.options)%len(optionColors)]
	}
	p.options = append(p.options, made)
	return made
}

// propertyTypes are the types that a schema may have.
var propertyTypes = []string{"title", "rich_text", "number", "select", "multi_select", "status", "date", "people",
	"files", "checkbox", "url", "email", "phone_number", "formula", "relation", "rollup", "created_time",
	"created_by", "last_edited_time", "last_edited_by", "unique_id", "button", "place", "verification"}
