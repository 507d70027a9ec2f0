package notiontest

import "slices"

// createMeetingNote makes a meeting notes block from an upload, or takes an
// existing one.
func (c *call) createMeetingNote() (object, error) {
	source := c.body.object("source")
	if source.text("type") == "block" {
		x, err := c.named("body.source.block_id", kindBlock, source.at("block_id"))
		if err != nil {
			return nil, err
		}
		return c.n.blockObject(x, c.version, c.now), nil
	}
	if _, err := c.attach("body.source", source.at("file_upload_id")); err != nil {
		return nil, err
	}
	parent, err := c.parent("body.parent", c.body.at("parent"), kindPage)
	if err != nil {
		return nil, err
	}
	if parent == nil {
		return nil, mustBe("body.parent.page_id", "defined", undefined{})
	}
	content := object{{"title", richText(c.body.text("title"))}, {"status", "transcription_in_progress"}}
	x := c.n.plant(parent, []*block{{typ: "meeting_notes", content: content}}, -1, c.conn.id, c.now)[0]
	return c.n.blockObject(x, c.version, c.now), nil
}

// queryMeetingNotes answers the newest meeting notes: there is no cursor.
func (c *call) queryMeetingNotes() (object, error) {
	limit := 50
	if f, ok := c.body.at("limit").(float64); ok {
		limit = int(f)
	}
	if limit < 1 || limit > 100 {
		return nil, mustBe("body.limit", "from 1 to 100", limit)
	}
	var found []*node
	for _, x := range c.n.nodes {
		if x.block == "meeting_notes" && !c.n.isTrashed(x) && c.n.sees(c.conn, x) {
			found = append(found, x)
		}
	}
	slices.SortFunc(found, func(a, b *node) int { return b.created.Compare(a.created) })
	results := []object{}
	for _, x := range found[:min(limit, len(found))] {
		results = append(results, c.n.blockObject(x, c.version, c.now))
	}
	return object{{"results", results}, {"has_more", len(found) > limit}}, nil
}
