package notiontest

import (
	"net/http"
	"strconv"
)

// pageSize is the request's page_size, from 1 to 100.
func (c *call) pageSize() (int, error) {
	where, v := c.paging("page_size")
	if v == nil {
		return 100, nil
	}
	size, ok := asInt(v)
	switch {
	case !ok:
		return 0, mustBe(where, "a number", v)
	case size < 1:
		return 0, mustBe(where, "≥ `1`", size)
	case size > 100:
		return 0, mustBe(where, "≤ `100`", size)
	}
	return size, nil
}

func (c *call) startCursor() (string, error) {
	where, v := c.paging("start_cursor")
	if v == nil || v == "" && c.r.Method == http.MethodGet {
		return "", nil
	}
	s, ok := v.(string)
	if !ok {
		return "", mustBe(where, "a string", v)
	}
	return s, nil
}

// paging finds a parameter where the operation takes it: GETs in the query,
// POSTs in the body.
func (c *call) paging(key string) (where string, v any) {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return "body." + key, c.body.at(key)
	}
	if !c.query.Has(key) {
		return "query." + key, nil
	}
	return "query." + key, c.query.Get(key)
}

// asInt reads a whole number from a query or a body.
func asInt(v any) (int, bool) {
	switch v := v.(type) {
	case float64:
		return int(v), v == float64(int(v))
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	}
	return 0, false
}
