package notion

import "strings"

// routes is the table as a tree of path segments. It is never changed.
var routes = grow(table)

// A node is one segment of a path template, below those before it.
type node struct {
	literals []literal
	param    *node        // below any segment; nil when there is no parameter here
	ends     []*Operation // templates that end here, one for each method
}

type literal struct {
	segment string
	below   *node
}

// grow makes the tree of all operations' path templates.
func grow(operations []Operation) *node {
	root := new(node)
	for i := range operations {
		op := &operations[i]
		end := root
		for segment := range strings.SplitSeq(strings.TrimPrefix(op.Path, "/"), "/") {
			end = end.branch(segment)
		}
		end.ends = append(end.ends, op)
	}
	return root
}

// branch returns the node below n for a template's segment, grown if need be.
func (n *node) branch(segment string) *node {
	if _, ok := paramName(segment); ok {
		if n.param == nil {
			n.param = new(node)
		}
		return n.param
	}
	for _, l := range n.literals {
		if l.segment == segment {
			return l.below
		}
	}
	n.literals = append(n.literals, literal{segment, new(node)})
	return n.literals[len(n.literals)-1].below
}

// find returns the operation for method and path below n, or nil. A literal
// beats a parameter, but only where it leads to an operation: GET
// /v1/blocks/meeting_notes is the block of that strange id.
func (n *node) find(method, path string) *Operation {
	segment, rest, more := strings.Cut(path, "/")
	for _, l := range n.literals {
		if l.segment != segment {
			continue
		}
		if op := l.below.endOrFind(method, rest, more); op != nil {
			return op
		}
		break
	}
	if n.param == nil || !fitsParam(segment) {
		return nil
	}
	return n.param.endOrFind(method, rest, more)
}

func (n *node) endOrFind(method, path string, more bool) *Operation {
	if more {
		return n.find(method, path)
	}
	for _, op := range n.ends {
		if op.Method == method {
			return op
		}
	}
	return nil
}

// paramName returns the name in a template's segment such as {page_id}, and
// whether the segment is a parameter.
func paramName(segment string) (string, bool) {
	if !strings.HasPrefix(segment, "{") {
		return "", false
	}
	return strings.Trim(segment, "{}"), true
}

// fitsParam reports whether a path's segment may stand for a parameter: it is
// not empty, no dot segment, plain or encoded, and has no encoded slash. A
// server that decodes those before it routes would see another path than we do.
func fitsParam(segment string) bool {
	if !strings.Contains(segment, "%") {
		return segment != "" && segment != "." && segment != ".."
	}
	onlyDots := true
	for rest := segment; rest != ""; {
		switch {
		case hasEscape(rest, 'f', 'F'):
			return false
		case hasEscape(rest, 'e', 'E'):
			rest = rest[3:]
		default:
			onlyDots = onlyDots && rest[0] == '.'
			rest = rest[1:]
		}
	}
	return !onlyDots
}

// hasEscape reports whether s begins with %2 and one of the two digits.
func hasEscape(s string, lower, upper byte) bool {
	return len(s) >= 3 && s[0] == '%' && s[1] == '2' && (s[2] == lower || s[2] == upper)
}
