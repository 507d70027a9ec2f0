package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"notionproxy/notion"
)

// Store is what is stored.
type Store interface {
	// Entries lists what is meant, most read first: at most limit entries
	// after the first skip; and how many there are.
	Entries(which Selection, skip, limit int) (list []Entry, total int)

	// Purge removes what is meant and returns how many entries went. What is
	// under way must not bring it back.
	Purge(which Selection) int
}

// A Selection says which entries are meant. What is zero does not narrow it.
type Selection struct {
	Object     notion.ID
	Operation  string
	Connection string // a bot id, or the beginning of a token's digest: 8 hex digits or more
}

// An Entry is what there is to tell of a stored answer. It has no ids, but
// digests of those that its path and query name.
type Entry struct {
	Operation  string   `json:"operation"`
	Connection string   `json:"connection"`
	Objects    []string `json:"objects"`
	State      string   `json:"state"`         // fresh, stale, suspect, or retired: for those who are half-way through it
	Age        int64    `json:"age_seconds"`   // since Notion gave it
	Fresh      int64    `json:"fresh_seconds"` // how long still; negative when it is stale
	Keep       int64    `json:"keep_seconds"`  // how long it is kept still
	Bytes      int64    `json:"bytes"`
	Pages      int      `json:"pages"`
	Reads      int64    `json:"reads"` // from the store
}

// Entries is the answer of GET /entries.
type Entries struct {
	Total   int     `json:"total"`
	Skip    int     `json:"skip"`
	Entries []Entry `json:"entries"`
}

// Purge is what POST /purge takes: at least one of them; of several all must
// fit.
type Purge struct {
	ID         string `json:"id,omitempty"`
	Operation  string `json:"operation,omitempty"`
	Connection string `json:"connection,omitempty"`
	All        bool   `json:"all,omitempty"`
}

// Purged is the answer.
type Purged struct {
	Purged int `json:"purged"` // entries
}

const (
	defaultEntries = 100
	maxEntries     = 1000
	maxSkip        = 1 << 30
)

func (s *surface) entries(w http.ResponseWriter, r *http.Request) {
	which, skip, limit, err := listing(r.URL.RawQuery)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	list, total := s.Store.Entries(which, skip, limit)
	answer(w, http.StatusOK, Entries{total, skip, list})
}

// listing reads the query of GET /entries.
func listing(query string) (which Selection, skip, limit int, err error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return which, 0, 0, errors.New("the query is not well-formed")
	}
	for name, all := range values {
		if name != "id" && name != "operation" && name != "connection" && name != "skip" && name != "limit" || len(all) != 1 {
			return which, 0, 0, errors.New("want id, operation, connection, skip and limit, each once at most")
		}
	}
	if skip, err = number(values, "skip", 0, 0, maxSkip); err != nil {
		return which, 0, 0, err
	}
	if limit, err = number(values, "limit", defaultEntries, 1, maxEntries); err != nil {
		return which, 0, 0, err
	}
	p := Purge{ID: values.Get("id"), Operation: values.Get("operation"), Connection: values.Get("connection")}
	which, err = p.selection()
	return which, skip, limit, err
}

func number(values url.Values, name string, otherwise, least, most int) (int, error) {
	text := values.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s must be %d to %d", name, least, most)
	}
	return n, nil
}

func (s *surface) purge(w http.ResponseWriter, r *http.Request) {
	var p Purge
	if !read(w, r, &p) {
		return
	}
	named := p.ID != "" || p.Operation != "" || p.Connection != ""
	if named == p.All {
		refuse(w, http.StatusBadRequest, `say what: {"id": "..."}, {"operation": "..."}, {"connection": "..."}, or {"all": true} alone`)
		return
	}
	which, err := p.selection()
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answer(w, http.StatusOK, Purged{s.Store.Purge(which)})
}

var digest = regexp.MustCompile(`^[0-9a-f]{8,64}$`)

// selection checks what p names. The errors quote nothing: an id may be what
// somebody mistook for something else.
func (p Purge) selection() (Selection, error) {
	which := Selection{Operation: p.Operation, Connection: p.Connection}
	if p.ID != "" {
		id, ok := notion.ParseID(p.ID)
		if !ok {
			return which, errors.New("id is not an id of Notion's: 32 hex digits, with or without dashes")
		}
		which.Object = id
	}
	if _, known := notion.Named(p.Operation); p.Operation != "" && !known {
		return which, errors.New("operation is none of Notion's that the proxy knows, such as pages.retrieve or data_sources.query")
	}
	if _, isBot := notion.ParseID(p.Connection); p.Connection != "" && !isBot && !digest.MatchString(p.Connection) {
		return which, errors.New("connection is neither a bot id nor the digest that logs show: 8 hex digits or more")
	}
	return which, nil
}
