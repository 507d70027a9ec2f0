package main

import "fmt"

// A shape is one kind of read, and how long its answer is.
type shape struct {
	method string
	path   string // with a place for the id
	body   string
	bytes  int // of the answer, unpacked; canned ones come within a tenth of it
	items  int // in the answer; 0: the answer is one object
	item   func(p *prose, n int) string
}

// The shapes are those that Notion's clients ask for most, in the sizes that
// they have: one object, a page with some text, the most that one page of a
// list can hold.
var shapes = []shape{
	aPage:      {method: "GET", path: "/v1/pages/%s", bytes: 600},
	someBlocks: {method: "GET", path: "/v1/blocks/%s/children?page_size=100", bytes: 30_000, items: 25, item: aBlock},
	manyBlocks: {method: "GET", path: "/v1/blocks/%s/children?page_size=100", bytes: 250_000, items: 100, item: aBlock},
	someRows:   {method: "POST", path: "/v1/data_sources/%s/query", body: query, bytes: 30_000, items: 15, item: aRow},
	manyRows:   {method: "POST", path: "/v1/data_sources/%s/query", body: query, bytes: 250_000, items: 100, item: aRow},
}

const (
	aPage = iota
	someBlocks
	manyBlocks
	someRows
	manyRows
)

const query = `{"filter":{"and":[{"property":"Status","select":{"equals":"In progress"}},{"property":"Due","date":{"on_or_after":"2026-09-01"}}]},"sorts":[{"property":"Due","direction":"ascending"}],"page_size":100}`

// size is the length of the answer as tables show it.
func (s shape) size() string { return fmt.Sprintf("%g KB", float64(s.bytes)/1000) }
