package proxy

// A Hint is what Notion's status page shows that concerns us, in a few words,
// and where people can read it. It is empty when the page shows nothing.
type Hint struct{ What, Link string }

// hint has whoever gets Notion's failure as the answer to a write told what
// Notion's status page shows. Notion's own body passes untouched, so that it is
// said in a header: Link with the relation "status" (RFC 8631), which is how an
// API points at its status page. Proxy-Status would say that the error is ours.
//
// A 400 or a 404 is about the request; Notion's health has no part in it.
func (p *Proxy) hint(c *call) Hint {
	if !c.writes() || !p.o.Incident() {
		return Hint{}
	}
	h := p.o.Hint()
	if h.What != "" && h.Link != "" {
		c.w.Header().Add("Link", "<"+h.Link+`>; rel="status"; title=`+quoteString(h.What))
	}
	return h
}
