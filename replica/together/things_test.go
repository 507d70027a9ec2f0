package together

import (
	"math/rand/v2"
	"sync"
	"time"

	"notionproxy/notion"
	"notionproxy/notiontest"
)

// A token is a caller's, and what Notion said to it. It is guarded by the
// world's lock.
type token struct {
	name, bot string
	space     *space
	left      []time.Time // its calls

	accepted    int // newest call that was
	refused     refusal
	confirmed   int // newest call of users/me that was refused
	confirmedAt time.Time
	denied      map[string]refusal // by object, without dashes
	hidden      map[string]bool    // objects that were ever shared or not
}

// A refusal is Notion's word to a client that it may not see something.
type refusal struct {
	event
	seq int
}

// A purge is an operator's, of one object or of all; of one bot's or everybody's.
type purge struct {
	refusal
	object, bot string
}

// means says whether what a token gets for an object was meant.
func (p *purge) means(on *object, by *token) bool {
	return (p.object == "" || p.object == on.id) && (p.bot == "" || p.bot == by.bot)
}

func (w *world) addToken(name, bot, workspace string) {
	var in *space
	for _, s := range w.spaces {
		if s.name == workspace {
			in = s
		}
	}
	id := ""
	for _, t := range w.tokens {
		if t.name == bot {
			id = t.bot
		}
	}
	if id == "" {
		id = w.notion.AddConnection(notiontest.ConnectionOptions{Workspace: in.id, Name: name})
	}
	w.notion.AddToken("ntn_"+name, id)
	w.tokens = append(w.tokens, &token{name: name, bot: id, space: in, denied: map[string]refusal{}, hidden: map[string]bool{}})
}

// A space is a workspace: two pages with blocks on them, and two tables.
type space struct {
	name, id string
	objects  []*object
}

// An object is a page, a block, a table or a row.
type object struct {
	kind  string
	id    string
	space *space
	title *history // or the text
	note  *history // of rows
	where *history // of what comes and goes; nil for what stays

	writing sync.Mutex
}

func (w *world) history(s *space, place string) *history {
	h := &history{number: len(w.things), space: s, last: 1, versions: []version{{number: 1, place: place}}}
	w.things = append(w.things, h)
	return h
}

// furnish makes a workspace.
func (w *world) furnish(name string) {
	s := &space{name: name, id: w.notion.AddWorkspace(name)}
	w.spaces = append(w.spaces, s)
	root := w.notion.AddConnection(notiontest.ConnectionOptions{Workspace: s.id, Name: "root-" + name})
	w.notion.AddToken("ntn_root-"+name, root)
	home := w.notion.CreatePage(s.id, "Home", nil)
	for i := range 2 {
		p := &object{kind: "page", space: s, title: w.history(s, "")}
		p.id = w.notion.CreatePage(home, p.title.stamp(), nil)
		s.objects = append(s.objects, p)
		for range 3 + 4*i {
			b := &object{kind: "block", space: s, title: w.history(s, ""), where: w.history(s, p.id)}
			b.id = w.notion.CreateBlock(p.id, "paragraph", b.title.stamp())
			s.objects = append(s.objects, b)
		}
	}
	for i := range 2 {
		d := &object{kind: "table", space: s, title: w.history(s, "")}
		_, d.id = w.notion.CreateDatabase(home, "Table", notiontest.Column{Name: "Name", Type: "title"}, notiontest.Column{Name: "Note", Type: "rich_text"})
		w.notion.SetTitle(d.id, d.title.stamp())
		s.objects = append(s.objects, d)
		for range 9 - 5*i {
			r := &object{kind: "row", space: s, title: w.history(s, ""), note: w.history(s, ""), where: w.history(s, d.id)}
			r.id = w.notion.CreatePage(d.id, r.title.stamp(), map[string]any{"Note": r.note.stamp()})
			s.objects = append(s.objects, r)
		}
	}
	for _, o := range s.objects {
		for _, h := range []*history{o.title, o.note, o.where} {
			if h != nil {
				h.of = o.id
			}
		}
	}
}

// pick is an object of one of these kinds. Which objects there are does not
// change while clients run.
func (s *space) pick(r *rand.Rand, kinds ...string) *object {
	kind := kinds[r.IntN(len(kinds))]
	n := 0
	var picked *object
	for _, o := range s.objects {
		if o.kind != kind {
			continue
		}
		if n++; r.IntN(n) == 0 {
			picked = o
		}
	}
	return picked
}

// parsed is an object's id as the proxy has it.
func parsed(id string) notion.ID {
	x, _ := notion.ParseID(id)
	return x
}
