package cache

import "notionproxy/notion"

// A tagNode is one tag of one chain, in the list of all chains with that tag.
// The lists run through the chains themselves, so that taking a chain out
// costs no search and leaves nothing behind.
type tagNode struct {
	tag        notion.Tag
	chain      *chain
	prev, next *tagNode
}

// tagIndex finds the chains that show an object. It is guarded by the store's
// lock.
type tagIndex map[notion.Tag]*tagNode

func (x tagIndex) add(c *chain, tags []notion.Tag) {
	x.remove(c)
	nodes := make([]tagNode, len(tags))
	for i, tag := range tags {
		n := &nodes[i]
		n.tag, n.chain, n.next = tag, c, x[tag]
		if n.next != nil {
			n.next.prev = n
		}
		x[tag] = n
	}
	c.tags = nodes
}

func (x tagIndex) remove(c *chain) {
	for i := range c.tags {
		n := &c.tags[i]
		if n.next != nil {
			n.next.prev = n.prev
		}
		switch {
		case n.prev != nil:
			n.prev.next = n.next
		case n.next != nil:
			x[n.tag] = n.next
		default:
			delete(x, n.tag)
		}
	}
	c.tags = nil
}

// tagsOf returns c's tags.
func (c *chain) tagList() []notion.Tag {
	list := make([]notion.Tag, len(c.tags))
	for i := range c.tags {
		list[i] = c.tags[i].tag
	}
	return list
}

// with calls f for each chain that has one of tags. f may take the chain out.
func (x tagIndex) with(tags []notion.Tag, f func(*chain)) {
	for _, tag := range tags {
		for n := x[tag]; n != nil; {
			next := n.next
			f(n.chain)
			n = next
		}
	}
}
