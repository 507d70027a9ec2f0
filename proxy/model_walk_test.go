package proxy_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A reader walks through all rows of a table, page by page.
type reader struct {
	w       *world
	token   string
	rows    []string
	texts   map[string]string // title by row
	between func(page int)    // after each page
}

func (r *reader) walk(ds string) error {
	r.texts = map[string]string{}
	for cursor, page := "", 1; ; page++ {
		a := r.w.do(context.Background(), r.token, "POST", "/v1/data_sources/"+ds+"/query", pageQuery(cursor), nil)
		if a.status != 200 {
			return fmt.Errorf("page %d: %d %s", page, a.status, a.body)
		}
		l, err := rowsOf(a.body)
		if err != nil {
			return err
		}
		for _, row := range l.Results {
			r.rows = append(r.rows, row.ID)
			r.texts[row.ID] = row.Properties.Name.Title[0].Text
		}
		if cursor = l.NextCursor; cursor == "" {
			return nil
		}
		r.between(page)
	}
}

// TestModel_fourReadersOfALongList has four clients read 2,000 rows at once.
// Two are half-way through when a row is renamed, one trashed and one made, and
// the other two begin. That is two snapshots, and costs two walks.
func TestModel_fourReadersOfALongList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Seed: 1})
		defer w.close()
		_, ds := w.notion.CreateDatabase(w.workspaces["home"], "Long", notiontest.Column{Name: "Name", Type: "title"})
		var rows []string
		for i := range 2000 {
			rows = append(rows, w.notion.CreatePage(ds, fmt.Sprintf("row %d", i), nil))
		}
		w.start()

		edited := make(chan struct{})
		half := sync.WaitGroup{}
		half.Add(2)
		early := func(page int) {
			if page == 10 {
				half.Done()
				<-edited
			}
			time.Sleep(50 * time.Millisecond)
		}
		readers := make([]*reader, 4)
		done := sync.WaitGroup{}
		launch := func(i int, between func(int)) {
			readers[i] = &reader{w: w, token: "alice", between: between}
			done.Go(func() { assert.NoError(t, readers[i].walk(ds), "reader %d", i) })
		}
		launch(0, early)
		launch(1, early)
		half.Wait()
		assert.Equal(t, 10, w.notion.Calls("data_sources.query"), "calls for half of one snapshot, for two readers")

		made := w.edit(t, ds, rows)
		close(edited)
		pause := func(int) { time.Sleep(30 * time.Millisecond) }
		launch(2, pause)
		launch(3, pause)
		done.Wait()

		assert.Equal(t, 40, w.notion.Calls("data_sources.query"), "calls for two snapshots of 20 pages")
		for i, r := range readers {
			assert.Len(t, r.texts, len(r.rows), "reader %d got a row twice", i)
			for n, row := range rows {
				if n != 1500 {
					assert.Contains(t, r.texts, row, "reader %d lacks row %d", i, n)
				}
			}
			if late := i >= 2; late {
				assert.Equal(t, "new name", r.texts[rows[5]], "reader %d", i)
				assert.Contains(t, r.texts, made, "reader %d", i)
				assert.NotContains(t, r.texts, rows[1500], "reader %d", i)
			} else {
				assert.Equal(t, "row 5", r.texts[rows[5]], "reader %d", i)
				assert.NotContains(t, r.texts, made, "reader %d is on the older snapshot", i)
			}
		}
		assert.Equal(t, readers[0].rows, readers[1].rows)
		assert.Equal(t, readers[2].rows, readers[3].rows)
	})
}

// edit renames row 5, trashes row 1500 and makes a new one, through the proxy.
func (w *world) edit(t *testing.T, ds string, rows []string) (made string) {
	for _, x := range [][3]string{
		{"PATCH", "/v1/pages/" + rows[5], `{"properties":{"Name":{"title":` + rich("new name") + `}}}`},
		{"PATCH", "/v1/pages/" + rows[1500], `{"in_trash":true}`},
		{"POST", "/v1/pages", `{"parent":{"type":"data_source_id","data_source_id":"` + ds + `"},"properties":{"Name":{"title":` + rich("made") + `}}}`},
	} {
		a := w.do(context.Background(), "alice", x[0], x[1], x[2], nil)
		require.Equal(t, 200, a.status, a.body)
		made = idOf(a.body)
	}
	return made
}

// TestModel_readersAtTheirOwnPace has four clients begin a list of 2,000 rows at
// once and go through it in 20 s to 7 min, while rows are renamed, trashed and
// made all the time, through the proxy and behind its back. That is one snapshot
// for all four, and costs one walk; whoever begins after it gets the next.
func TestModel_readersAtTheirOwnPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Seed: 2, RateLimit: -1})
		defer w.close()
		_, ds := w.notion.CreateDatabase(w.workspaces["home"], "Long", notiontest.Column{Name: "Name", Type: "title"})
		var rows []string
		for i := range 2000 {
			rows = append(rows, w.notion.CreatePage(ds, fmt.Sprintf("row %d", i), nil))
		}
		w.start()
		readers := make([]*reader, 4)
		var done sync.WaitGroup
		for i, pace := range []time.Duration{time.Second, 3 * time.Second, 9 * time.Second, 20 * time.Second} {
			readers[i] = &reader{w: w, token: "alice", between: func(int) { time.Sleep(pace) }}
			done.Go(func() { assert.NoError(t, readers[i].walk(ds), "reader %d", i) })
		}
		for n := range 60 {
			time.Sleep(5 * time.Second)
			w.editSome(t, ds, rows, n)
		}
		done.Wait()

		assert.Equal(t, 20, w.notion.Calls("data_sources.query"), "calls for one snapshot of 20 pages")
		for i, r := range readers {
			assert.Len(t, r.texts, len(r.rows), "reader %d got a row twice", i)
			assert.Equal(t, readers[0].rows, r.rows, "reader %d", i)
			assert.Equal(t, readers[0].texts, r.texts, "reader %d", i)
		}
		for n, row := range rows {
			if n%1000 < 900 {
				assert.Contains(t, readers[0].texts, row, "row %d was there all the time", n)
			}
		}

		last := &reader{w: w, token: "alice", between: func(int) {}}
		require.NoError(t, last.walk(ds))
		assert.Equal(t, 40, w.notion.Calls("data_sources.query"))
		assert.Equal(t, "through 58", last.texts[rows[58]])
		assert.Equal(t, "behind 59", last.texts[rows[59]])
		assert.NotContains(t, last.texts, rows[958])
	})
}

// editSome renames row n, and trashes or makes one now and then.
func (w *world) editSome(t *testing.T, ds string, rows []string, n int) {
	if n%2 == 1 {
		w.notion.SetTitle(rows[n], fmt.Sprintf("behind %d", n))
		return
	}
	title := rich(fmt.Sprintf("through %d", n))
	edits := [][3]string{
		{"PATCH", "/v1/pages/" + rows[n], `{"properties":{"Name":{"title":` + title + `}}}`},
		{"PATCH", "/v1/pages/" + rows[900+n], `{"in_trash":true}`},
		{"POST", "/v1/pages", `{"parent":{"type":"data_source_id","data_source_id":"` + ds + `"},"properties":{"Name":{"title":` + title + `}}}`},
	}
	for _, x := range edits {
		a := w.do(context.Background(), "alice", x[0], x[1], x[2], nil)
		require.Equal(t, 200, a.status, a.body)
	}
}
