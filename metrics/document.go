package metrics

import (
	"fmt"
	"io"
	"strings"
)

const preamble = `# Metrics

Generated from the code: ` + "`go test ./metrics -run TestDocument -update`" + `.

` + "`/metrics` on the admin listener has them, in Prometheus' text and protobuf formats and in OpenMetrics, with gzip for scrapers that take it." + `
Histograms have classic buckets, and native ones for a Prometheus that asks for
protobuf (` + "`--enable-feature=native-histograms`" + ` or ` + "`scrape_native_histograms: true`" + `).
Beside what is listed there are Go's ` + "`go_*`" + ` and ` + "`process_*`" + `.

Requests are counted from the same records as the log's lines, so the two agree.
What has a state is read at each scrape. No label has an id, a token or a name
that a client makes up.

`

// Document writes what the entries are, in Markdown.
func Document(to io.Writer, entries []Entry) error {
	var b strings.Builder
	b.WriteString(preamble)
	for _, e := range entries {
		e.document(&b)
	}
	_, err := io.WriteString(to, b.String())
	return err
}

func (e Entry) document(b *strings.Builder) {
	kind := string(e.Kind)
	if e.Unit != "" {
		kind += ", " + unitWords[e.Unit]
	}
	fmt.Fprintf(b, "## %s\n\n%s.", e.Name, capital(kind))
	if e.Needs != "" {
		fmt.Fprintf(b, " Only with %s.", e.Needs)
	}
	fmt.Fprintf(b, " %s\n\n", e.Help)
	for _, l := range e.Labels {
		fmt.Fprintf(b, "- `%s`: %s\n", l.Name, l.document())
	}
	if len(e.Labels) > 0 {
		b.WriteString("\n")
	}
}

var unitWords = map[string]string{"seconds": "in seconds", "bytes": "in bytes", "timestamp": "in seconds since 1970"}

func (l Label) document() string {
	if l.Open != "" {
		return l.Open
	}
	return "`" + strings.Join(l.Values, "`, `") + "`"
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
