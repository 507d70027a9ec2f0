package main

import "fmt"

// A row is one line of the table: one kind of request, what it is measured
// beside, and how many times as much CPU it may cost.
type row struct {
	group
	shape  int
	packed bool // as Notion answers it, and so as it is stored
}

// A group is the rows that differ in shape and form alone.
type group struct {
	name        string
	beside      string   // a role
	bound       float64  // 0: the number is only told
	cacheStatus []string // what stands in the Cache-Status of every answer
	distinct    bool     // every question is asked once
	noStore     bool     // with Cache-Control: no-store
	unpack      bool     // the client takes no gzip although that is what is stored
	shapes      []int
}

var groups = []group{
	{
		name: "hit", beside: "bare", bound: 1.5, cacheStatus: []string{"notionproxy; hit"},
		shapes: []int{aPage, someBlocks, manyBlocks, manyRows},
	},
	{
		name: "hit, kept unpacked", beside: "bare", cacheStatus: []string{"notionproxy; hit"},
		unpack: true, shapes: []int{someBlocks, manyBlocks},
	},
	{
		name: "miss, stored", beside: "reverseproxy", bound: 1.3, cacheStatus: []string{"fwd=uri-miss", "; stored"},
		distinct: true, shapes: []int{aPage, someBlocks, manyBlocks, someRows},
	},
	{
		name: "miss, no-store", beside: "reverseproxy", bound: 1.3, cacheStatus: []string{"fwd=request"},
		distinct: true, noStore: true, shapes: []int{aPage, someBlocks, manyBlocks},
	},
}

func allRows() []row {
	var all []row
	for _, g := range groups {
		for _, s := range g.shapes {
			all = append(all, row{g, s, true})
			if !g.unpack {
				all = append(all, row{g, s, false})
			}
		}
	}
	return all
}

// String is what tables show, and what rows are chosen by.
func (r row) String() string {
	form := "identity"
	if r.packed && !r.unpack {
		form = "gzip"
	}
	s := shapes[r.shape]
	return fmt.Sprintf("%s: %s %s %s", r.name, s.method, s.size(), form)
}

// question is the n-th that the load asks.
func (r row) question(n uint64) question {
	if !r.distinct {
		n = 0
	}
	return question{r.shape, r.packed, n}
}

// takesGzip says what the load's clients take.
func (r row) takesGzip() bool { return r.packed && !r.unpack }

// want is what the body of the answer must be.
func (r row) want(p pantry, q question) []byte {
	q.packed = r.takesGzip()
	return p.answer(q)
}

// bareID is the question that the bare server answers, in the form in which
// the load wants it.
func (r row) bareID() string { return question{r.shape, r.takesGzip(), 0}.id() }
