package notiontest

import (
	"slices"
	"strings"
	"time"
)

func (c *call) markdownObject(x *node, now time.Time) object {
	return object{{"object", "page_markdown"}, {"id", x.id}, {"markdown", c.n.markdown(x, now)}, {"truncated", false},
		{"unknown_block_ids", []string{}}}
}

func (c *call) retrieveMarkdown() (object, error) {
	x, err := c.pathNode("page_id", kindBlock) // a block's id is fine too
	if err != nil {
		return nil, err
	}
	return c.markdownObject(x, c.now), nil
}

// updateMarkdown edits a page's content as text. What stands before and after
// the edit keeps its blocks.
func (c *call) updateMarkdown() (object, error) {
	x, err := c.pathNode("page_id", kindPage)
	if err != nil {
		return nil, err
	}
	edit, err := c.markdownEdit()
	if err != nil {
		return nil, err
	}
	// Signed URLs change with time, so both texts are rendered at one.
	text, err := edit(c.n.markdown(x, c.now))
	if err != nil {
		return nil, err
	}
	if !c.deletionsAllowed() && c.n.losesPages(x, text) {
		return nil, invalid("This would delete child pages or databases. Set allow_deleting_content to true to allow it.")
	}
	bot, now := c.conn.id, c.now
	if c.body.flag("allow_async") {
		return c.later("update_page_markdown", func(at time.Time) object {
			c.n.rewriteContent(x, text, bot, at, now)
			return object{{"object", "page_markdown"}, {"id", x.id}}
		}), nil
	}
	c.n.rewriteContent(x, text, bot, now, now)
	return c.markdownObject(x, now), nil
}

// markdownEdit reads what is to be done to the text.
func (c *call) markdownEdit() (func(string) (string, error), error) {
	typ := c.body.text("type")
	o := c.body.object(typ)
	switch typ {
	case "insert_content":
		return func(s string) (string, error) { return inserted(s, o) }, nil
	case "replace_content":
		return func(string) (string, error) { return o.text("new_str"), nil }, nil
	case "replace_content_range":
		return func(s string) (string, error) { return replacedRange(s, o) }, nil
	case "update_content":
		return func(s string) (string, error) { return updated(s, o.list("content_updates")) }, nil
	}
	return nil, mustBe("body.type", "`\"insert_content\"`, `\"replace_content_range\"`, `\"update_content\"`, or `\"replace_content\"`", orUndefined(c.body, "type"))
}

func (c *call) deletionsAllowed() bool {
	return c.body.object(c.body.text("type")).flag("allow_deleting_content")
}

func inserted(s string, o object) (string, error) {
	content := o.text("content")
	if o.object("position").text("type") == "start" {
		return content + "\n" + s, nil
	}
	from, to, err := selection(s, o.text("after"))
	if err != nil {
		return "", err
	}
	if to == from {
		return s + "\n" + content, nil
	}
	if end := strings.IndexByte(s[to:], '\n'); end >= 0 {
		return s[:to+end+1] + content + s[to+end:], nil
	}
	return s + "\n" + content, nil
}

func replacedRange(s string, o object) (string, error) {
	from, to, err := selection(s, o.text("content_range"))
	if err != nil {
		return "", err
	}
	return s[:from] + o.text("content") + s[to:], nil
}

// selection finds "start...end" in the text.
func selection(s, sel string) (from, to int, err error) {
	if sel == "" {
		return len(s), len(s), nil
	}
	first, last, _ := strings.Cut(sel, "...")
	from = strings.Index(s, first)
	if from < 0 {
		return 0, 0, invalid("The selection %q was not found in the page.", sel)
	}
	end := strings.Index(s[from+len(first):], last)
	if end < 0 {
		return 0, 0, invalid("The selection %q was not found in the page.", sel)
	}
	return from, from + len(first) + end + len(last), nil
}

func updated(s string, updates []any) (string, error) {
	for _, v := range updates {
		u, _ := v.(object)
		old := u.text("old_str")
		found := strings.Count(s, old)
		switch {
		case old == "" || found == 0:
			return "", invalid("old_str %q was not found in the page.", old)
		case found > 1 && !u.flag("replace_all_matches"):
			return "", invalid("old_str %q was found %d times in the page.", old, found)
		}
		s = strings.ReplaceAll(s, old, u.text("new_str"))
	}
	return s, nil
}

// losesPages tells whether the new text no longer names a child page or database.
func (n *Notion) losesPages(x *node, text string) bool {
	return slices.ContainsFunc(n.live(x), func(child *node) bool {
		return child.kind != kindBlock && !strings.Contains(text, undashed(child.id))
	})
}

// rewriteContent makes the page's content that of the text. rendered is the
// time for which the text was rendered.
func (n *Notion) rewriteContent(x *node, text, by string, at, rendered time.Time) {
	old := n.live(x)
	lines := make([]string, len(old))
	for i, child := range old {
		var b strings.Builder
		n.render(&b, child, 0, rendered)
		lines[i] = strings.TrimSuffix(b.String(), "\n")
	}
	head := 0
	for ; head < len(old); head++ {
		rest, ok := strings.CutPrefix(text, lines[head])
		if !ok || rest != "" && rest[0] != '\n' {
			break
		}
		text = strings.TrimPrefix(rest, "\n")
	}
	tail := len(old)
	for ; tail > head; tail-- {
		rest, ok := strings.CutSuffix(text, lines[tail-1])
		if !ok || rest != "" && rest[len(rest)-1] != '\n' {
			break
		}
		text = strings.TrimSuffix(rest, "\n")
	}
	index := -1
	if tail < len(old) {
		index = slices.Index(x.children, old[tail].id)
	}
	for _, child := range old[head:tail] {
		if child.kind == kindBlock || !strings.Contains(text, undashed(child.id)) {
			child.trashed = true
			n.index(child, at)
		}
	}
	n.plant(x, withoutPages(parseMarkdown(text)), index, by, at)
	n.touch(x, by, at)
}

// withoutPages leaves out the lines that stand for child pages: those stay the
// nodes that they are.
func withoutPages(blocks []*block) []*block {
	return slices.DeleteFunc(blocks, func(b *block) bool {
		s := plainText(b.content.list("rich_text"))
		return strings.HasPrefix(s, "<page url=") || strings.HasPrefix(s, "<database url=")
	})
}
