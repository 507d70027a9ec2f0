package notiontest

import (
	"fmt"
	"strings"
	"time"
)

// markdown is the content of a page or block as Notion's flavour of Markdown:
// of the whole subtree, with signed URLs inside the text.
func (n *Notion) markdown(x *node, now time.Time) string {
	var b strings.Builder
	n.renderAll(&b, x, 0, now)
	return strings.TrimSuffix(b.String(), "\n")
}

func (n *Notion) renderAll(b *strings.Builder, x *node, depth int, now time.Time) {
	for _, child := range n.live(x) {
		n.render(b, child, depth, now)
	}
}

// render writes one child of a page, and what is below it, one tab further in.
func (n *Notion) render(b *strings.Builder, x *node, depth int, now time.Time) {
	line := n.line(x, now)
	for _, l := range strings.Split(line, "\n") {
		b.WriteString(strings.Repeat("\t", depth) + l + "\n")
	}
	if x.kind == kindBlock {
		n.renderAll(b, x, depth+1, now)
	}
}

// prefixes are what a line of a block's text begins with.
var prefixes = map[string]string{
	"heading_1": "# ", "heading_2": "## ", "heading_3": "### ", "heading_4": "#### ",
	"bulleted_list_item": "- ", "numbered_list_item": "1. ", "quote": "> ", "toggle": "▶ ",
}

func (n *Notion) line(x *node, now time.Time) string {
	switch {
	case x.kind == kindPage:
		return fmt.Sprintf("<page url=%q>%s</page>", n.url(x), n.name(x))
	case x.kind == kindDatabase:
		return fmt.Sprintf("<database url=%q>%s</database>", n.url(x), n.name(x))
	}
	s := plainText(x.content.list("rich_text"))
	switch x.block {
	case "divider":
		return "---"
	case "to_do":
		if x.content.flag("checked") {
			return "- [x] " + s
		}
		return "- [ ] " + s
	case "code":
		return "```" + x.content.text("language") + "\n" + s + "\n```"
	case "callout":
		return "<callout>" + s + "</callout>"
	case "equation":
		return "$" + x.content.text("expression") + "$"
	case "image", "video", "pdf", "file", "audio":
		o, _ := n.signed(x.ws, x.content, now).(object)
		link := firstText(object{{"external", o.object("external").text("url")}, {"file", o.object("file").text("url")}}, "external", "file")
		return "![" + plainText(x.content.list("caption")) + "](" + link + ")"
	}
	return prefixes[x.block] + s
}

// parseMarkdown reads as much Markdown as a fake needs: headings, lists,
// to-dos, quotes, code, rules and paragraphs, nested by tabs.
func parseMarkdown(s string) []*block {
	blocks, _ := parseLines(strings.Split(s, "\n"), 0)
	return blocks
}

func parseLines(lines []string, depth int) (blocks []*block, rest []string) {
	indent := strings.Repeat("\t", depth)
	for len(lines) > 0 {
		line := lines[0]
		switch {
		case strings.TrimSpace(line) == "":
			lines = lines[1:]
			continue
		case !strings.HasPrefix(line, indent):
			return blocks, lines
		case strings.HasPrefix(line, indent+"\t") && len(blocks) > 0:
			last := blocks[len(blocks)-1]
			last.children, lines = parseLines(lines, depth+1)
			continue
		}
		text := strings.TrimPrefix(line, indent)
		if lang, ok := strings.CutPrefix(text, "```"); ok {
			var b *block
			b, lines = parseCode(lines[1:], indent, lang)
			blocks = append(blocks, b)
			continue
		}
		blocks = append(blocks, parseLine(strings.TrimSpace(text)))
		lines = lines[1:]
	}
	return blocks, nil
}

func parseCode(lines []string, indent, lang string) (*block, []string) {
	var code []string
	for len(lines) > 0 && strings.TrimSpace(lines[0]) != "```" {
		code = append(code, strings.TrimPrefix(lines[0], indent))
		lines = lines[1:]
	}
	if len(lines) > 0 {
		lines = lines[1:]
	}
	content := object{{"rich_text", richText(strings.Join(code, "\n"))}}
	if lang != "" {
		content = append(content, member{"language", lang})
	}
	return &block{typ: "code", content: withDefaults("code", content)}, lines
}

// marks are tried in order: the longer ones first.
var marks = []struct{ prefix, typ string }{
	{"#### ", "heading_4"}, {"### ", "heading_3"}, {"## ", "heading_2"}, {"# ", "heading_1"},
	{"- [ ] ", "to_do"}, {"- [x] ", "to_do"}, {"- ", "bulleted_list_item"}, {"* ", "bulleted_list_item"},
	{"1. ", "numbered_list_item"}, {"> ", "quote"}, {"▶ ", "toggle"},
}

func parseLine(s string) *block {
	if s == "---" {
		return &block{typ: "divider", content: object{}}
	}
	for _, m := range marks {
		rest, ok := strings.CutPrefix(s, m.prefix)
		if !ok {
			continue
		}
		b := textBlock(m.typ, rest)
		if m.typ == "to_do" {
			b.content.set("checked", m.prefix == "- [x] ")
		}
		return b
	}
	return textBlock("paragraph", s)
}

func textBlock(typ, s string) *block {
	return &block{typ: typ, content: withDefaults(typ, object{{"rich_text", richText(s)}})}
}
