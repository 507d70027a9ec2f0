package ledger

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"notionproxy/exchange"
)

// Names that a report may show in place of one from an Exchange.
const (
	Other   = "other"   // all that are not told apart; who calls itself so is among them
	Unnamed = "unnamed" // the Exchange has none
)

// A key is what Exchanges are told apart by.
type key struct{ connection, lane, caller, operation string }

// all stands for keys of which nothing is told apart.
var all = key{Other, Other, Other, Other}

func keyOf(x *exchange.Exchange) key {
	return key{named(x.Connection), named(x.Lane), named(x.Client), named(x.Operation)}
}

// maxName bounds what a caller can make us keep by calling itself something
// long.
const maxName = 64

func named(s string) string {
	if len(s) > maxName {
		n := maxName
		for n > maxName-utf8.UTFMax && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return cmp.Or(s, Unnamed)
}

// kept is k with names of its own: the caller's is a piece of a header, which
// would stay in memory whole. Lanes and operations are words of the program.
func (k key) kept() key {
	k.connection, k.caller = strings.Clone(k.connection), strings.Clone(k.caller)
	return k
}

// folded says whether k's callers are not told apart.
func (k key) folded() bool { return k.caller == Other }

// fold is what k is counted under when there is no room for it: its caller's
// name goes first, which is the part that the outside makes up.
func (k key) fold() key {
	if k.folded() {
		return all
	}
	k.caller = Other
	return k
}

func (k key) compare(o key) int {
	return cmp.Or(
		strings.Compare(k.connection, o.connection), strings.Compare(k.caller, o.caller),
		strings.Compare(k.operation, o.operation), strings.Compare(k.lane, o.lane),
	)
}

// A row is what one key has come to in one bucket.
type row struct {
	key
	tally
}

// A table is an open bucket: at most so many rows, the first of which is for
// all that has no other place.
type table struct {
	most  int
	named int // rows whose callers have names
	index map[key]int
	rows  []row
	hand  int // where the search for a row to fold went on to
}

func newTable(most int) *table {
	t := &table{most: most, index: map[key]int{}}
	t.reset()
	return t
}

func (t *table) reset() {
	clear(t.index)
	t.rows = append(t.rows[:0], row{key: all})
	t.index[all] = 0
	t.named, t.hand = 0, 0
}

// take returns the rows that count something, and empties the table.
func (t *table) take() []row {
	rows := t.rows
	if rows[0].requests == 0 {
		rows = rows[1:]
	}
	rows = slices.Clone(rows)
	t.reset()
	return rows
}

// add counts u under k.
func (t *table) add(k key, u *tally) {
	t.rows[t.place(k, u)].add(u)
}

// place is the number of the row that u is to be counted in under k.
func (t *table) place(k key, u *tally) int {
	if i, ok := t.index[k]; ok {
		return i
	}
	if t.hasRoom(k) {
		return t.insert(k)
	}
	if k.folded() {
		return 0
	}
	if i, ok := t.lesser(u); ok {
		t.replace(i, k)
		return i
	}
	return t.place(k.fold(), u)
}

// hasRoom keeps a quarter for folded keys: however many callers there are, one
// can still see which connections, lanes and operations they used.
func (t *table) hasRoom(k key) bool {
	return len(t.rows) < t.most && (k.folded() || t.named < t.most-t.most/4)
}

func (t *table) insert(k key) int {
	k = k.kept()
	if !k.folded() {
		t.named++
	}
	t.rows = append(t.rows, row{key: k})
	t.index[k] = len(t.rows) - 1
	return t.index[k]
}

// lesser looks at some rows for the one that matters least, and less than u.
// Without it, a flood of names that spend nothing would hide the one that
// spends. Spenders cannot be many: the budget keeps them few.
func (t *table) lesser(u *tally) (int, bool) {
	least := 0
	for range 8 {
		t.hand = (t.hand + 1) % len(t.rows)
		if r := &t.rows[t.hand]; !r.folded() && (least == 0 || r.less(&t.rows[least].tally)) {
			least = t.hand
		}
	}
	return least, least != 0 && t.rows[least].less(u)
}

// replace folds row i and gives its place to k.
func (t *table) replace(i int, k key) {
	old := t.rows[i]
	t.add(old.fold(), &old.tally)
	delete(t.index, old.key)
	k = k.kept()
	t.rows[i] = row{key: k}
	t.index[k] = i
}
