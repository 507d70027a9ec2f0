package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

const testToken = "ntn_e2e"

// A world is a small workspace, and a connection that sees all of it. Scripts
// get it as JSON.
type world struct {
	BaseURL string `json:"baseUrl"`
	Token   string `json:"token"`
	Mute    string `json:"mute"` // a token whose connection may not read comments
	Bot     string `json:"bot"`
	Person  string `json:"person"`
	Home    string `json:"home"` // the page above everything
	Page    string `json:"page"` // a page with one block and no comments
	Source  string `json:"source"`
	Title   string `json:"tableTitle"`
	Rows    []row  `json:"rows"`

	workspace string
}

// A row is one of the data source: 250 of them, so that reading all takes
// several pages.
type row struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Number int    `json:"number"`
	Status string `json:"status"`
	Open   bool   `json:"open"`
}

// makeWorld fills an empty Notion.
func makeWorld(n *notiontest.Notion) *world {
	w := &world{Token: testToken, Mute: testToken + "_mute", Title: "Harbour log", workspace: n.AddWorkspace("Harbour")}
	w.Person = n.AddUser(w.workspace, "Ada Lovelace", "ada@example.com")
	n.AddUser(w.workspace, "Grace Hopper", "grace@example.com")
	w.Bot = w.connect(n, w.Token, 0)
	w.connect(n, w.Mute, notiontest.ReadComments)

	w.Home = n.CreatePage(w.workspace, "Harbour", nil)
	w.Page = n.CreatePage(w.Home, "Harbour plans", nil)
	n.CreateBlock(w.Page, "paragraph", "Seeded.")
	w.fillTable(n)
	return w
}

func (w *world) connect(n *notiontest.Notion, token string, without notiontest.Capability) (bot string) {
	bot = n.AddConnection(notiontest.ConnectionOptions{Workspace: w.workspace, Without: without})
	n.AddToken(token, bot)
	return bot
}

func (w *world) fillTable(n *notiontest.Notion) {
	states := []string{"Waiting", "Doing", "Done"}
	_, w.Source = n.CreateDatabase(w.Home, w.Title,
		notiontest.Column{Name: "Name", Type: "title"},
		notiontest.Column{Name: "Number", Type: "number"},
		notiontest.Column{Name: "Status", Type: "select", Options: states},
		notiontest.Column{Name: "Open", Type: "checkbox"},
	)
	for i := range 250 {
		// 37 and 250 have no common factor: every number from 0 to 249 comes
		// once, in an order that is not that of the rows.
		r := row{"", fmt.Sprintf("Row %03d", i), i * 37 % 250, states[i%3], i%2 == 0}
		r.ID = n.CreatePage(w.Source, r.Name, map[string]any{"Number": float64(r.Number), "Status": r.Status, "Open": r.Open})
		w.Rows = append(w.Rows, r)
	}
}

// makePages adds plain pages below the home page and returns their ids.
func (w *world) makePages(n *notiontest.Notion, title string, count int) []string {
	var ids []string
	for i := range count {
		ids = append(ids, n.CreatePage(w.Home, fmt.Sprintf("%s %d", title, i), nil))
	}
	return ids
}

// serve serves n on a loopback port until the test ends, and returns its URL.
func serve(t *testing.T, n *notiontest.Notion) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- n.Serve(l) }()
	t.Cleanup(func() {
		assert.NoError(t, n.Close())
		assert.ErrorIs(t, <-done, http.ErrServerClosed)
	})
	return "http://" + l.Addr().String()
}
