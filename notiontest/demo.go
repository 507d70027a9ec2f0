package notiontest

import "fmt"

// DemoToken is the token of the demonstration workspace.
const DemoToken = "ntn_demo"

// DemoOptions size the demonstration workspace.
type DemoOptions struct {
	Rows  int    // of the database "Tasks"; 0 means 12
	Token string // empty means DemoToken
}

// A Demo is what Notion.Demo made.
type Demo struct {
	Workspace  string
	Bot        string // the connection's id
	Token      string
	Page       string // "Team Home", the parent of everything
	Database   string // "Tasks"
	DataSource string // its data source
	Rows       []string
	Blocks     []string // of Page
	People     []string // user ids
	Image      string   // a block with a signed URL
	Comment    string   // on Page
}

// Demo makes a small workspace: a page with some blocks and a comment, below it
// a database "Tasks" (properties Name, Status, Priority, Estimate, Due, Done,
// Tags, Owner, Link, ID) with rows "Task 1" and so on, two people, and a
// connection that sees all of it. Everything follows from Options.Seed.
func (n *Notion) Demo(o DemoOptions) Demo {
	if o.Rows == 0 {
		o.Rows = 12
	}
	if o.Token == "" {
		o.Token = DemoToken
	}
	d := Demo{Workspace: n.AddWorkspace("Acme"), Token: o.Token}
	d.People = []string{n.AddUser(d.Workspace, "Ada Lovelace", "ada@acme.example"), n.AddUser(d.Workspace, "Grace Hopper", "grace@acme.example")}
	d.Bot = n.AddConnection(ConnectionOptions{Workspace: d.Workspace, Name: "Demo connection"})
	n.AddToken(d.Token, d.Bot)
	n.AddEmoji(d.Workspace, "shipit")
	n.demoPage(&d)
	n.demoTasks(&d, o.Rows)
	return d
}

func (n *Notion) demoPage(d *Demo) {
	d.Page = n.CreatePage(d.Workspace, "Team Home", nil)
	for _, b := range [][2]string{
		{"heading_1", "Welcome"},
		{"paragraph", "Everything the team needs is below."},
		{"to_do", "Read the handbook"},
		{"bulleted_list_item", "Roadmap"},
		{"bulleted_list_item", "Budget"},
		{"code", "fmt.Println(\"hello\")"},
	} {
		d.Blocks = append(d.Blocks, n.CreateBlock(d.Page, b[0], b[1]))
	}
	n.CreateBlock(d.Blocks[3], "paragraph", "Q1: ship the proxy")
	d.Image = n.CreateImage(d.Page, "team.png")
	d.Blocks = append(d.Blocks, d.Image)
	d.Comment = n.CreateComment(d.Page, "Looks good to me.")
}

var (
	demoStatus   = []string{"Not started", "In progress", "Done"}
	demoPriority = []string{"Low", "Medium", "High"}
	demoTags     = []string{"api", "docs", "infra"}
)

func (n *Notion) demoTasks(d *Demo, rows int) {
	d.Database, d.DataSource = n.CreateDatabase(d.Page, "Tasks",
		Column{Name: "Name", Type: "title"},
		Column{Name: "Status", Type: "status", Options: demoStatus},
		Column{Name: "Priority", Type: "select", Options: demoPriority},
		Column{Name: "Estimate", Type: "number"},
		Column{Name: "Due", Type: "date"},
		Column{Name: "Done", Type: "checkbox"},
		Column{Name: "Tags", Type: "multi_select", Options: demoTags},
		Column{Name: "Owner", Type: "people"},
		Column{Name: "Link", Type: "url"},
		Column{Name: "ID", Type: "unique_id"},
	)
	for i := range rows {
		d.Rows = append(d.Rows, n.CreatePage(d.DataSource, fmt.Sprintf("Task %d", i+1), map[string]any{
			"Status":   demoStatus[i%3],
			"Priority": demoPriority[i/3%3],
			"Estimate": float64(i%8 + 1),
			"Due":      fmt.Sprintf("2027-%02d-%02d", i%12+1, i%28+1),
			"Done":     i%3 == 2,
			"Tags":     []string{demoTags[i%3]},
			"Owner":    []string{d.People[i%2]},
			"Link":     fmt.Sprintf("https://tracker.example/%d", i+1),
		}))
	}
}
