package page

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/triage"
)

func TestSpan_hasTwoUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", -time.Hour: "0 s", 400 * time.Millisecond: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min",
		7*time.Minute + 5*time.Second: "7 min 5 s", 59*time.Minute + 59600*time.Millisecond: "1 h",
		25*time.Hour + 59*time.Minute: "1 d 1 h", 48 * time.Hour: "2 d", 3*time.Hour + 20*time.Second: "3 h",
	} {
		assert.Equal(t, want, span(d), d.String())
	}
}

func TestPercent_saysNothingThatIsNotSo(t *testing.T) {
	for want, of := range map[string][2]int64{
		"–": {0, 0}, "0 %": {0, 9}, "<1 %": {1, 1000}, "1 %": {1, 100}, "50 %": {1, 2}, ">99 %": {999, 1000}, "100 %": {3, 3},
	} {
		assert.Equal(t, want, percent(of[0], of[1]), "%v", of)
	}
}

func TestFormats(t *testing.T) {
	assert.Equal(t, "1\u202f234\u202f567", count(1234567))
	assert.Equal(t, "-123", count(-123))
	assert.Equal(t, "999", count(999))
	assert.Equal(t, "11:59:30", clock(noon.Add(-30*time.Second), noon))
	assert.Equal(t, "2027-02-28 12:00:00", clock(noon.Add(-24*time.Hour), noon))
	assert.Equal(t, "–", clock(time.Time{}, noon))
	assert.Equal(t, "never", ago(time.Time{}, noon))
	assert.Equal(t, "1 min ago", ago(noon.Add(-time.Minute), noon))
	assert.Equal(t, "now", ago(noon.Add(time.Second), noon))
	assert.Equal(t, "1.5 s", millis(1500))
	assert.Equal(t, "31.0 MiB", bytes(31<<20))
	assert.Equal(t, "a b", printable("a\nb\x1b\u202e\x00"))
}

func TestClasses_haveWordsAndFollowUps(t *testing.T) {
	for _, c := range triage.Classes() {
		assert.NotEqual(t, string(c), cause(c))
		if c != triage.OK {
			assert.Contains(t, followUps, c)
		}
	}
}

// Gaps stay gaps, and a minute is sixty seconds of whatever points there are.
func TestColumns_drawWhatIsKnown(t *testing.T) {
	var points []triage.Point
	for i := range 14 {
		points = append(points, triage.Point{At: noon.Add(time.Duration(i) * 5 * time.Second), Seconds: 5, Calls: int64(i)})
	}
	points[13].Requests, points[13].Stale, points[13].P50MS = 4, 1, 80
	c := columnsOf(points)
	assert.Nil(t, c.Budget[10])
	require.NotNil(t, c.Budget[11])
	assert.Equal(t, int64(66), *c.Budget[11]) // 0 to 11
	assert.Equal(t, int64(90), *c.Budget[13]) // 2 to 13
	assert.Nil(t, c.Stale[12])
	assert.Equal(t, 25.0, *c.Stale[13])
	assert.Nil(t, c.P50[12])
	assert.Equal(t, 80.0, *c.P50[13])
}

func TestQuote_escapesEverything(t *testing.T) {
	for sentence, want := range map[string]string{
		"`Status` was renamed": "<code>Status</code> was renamed",
		"a `<b>` and <i>":      "a <code>&lt;b&gt;</code> and &lt;i&gt;",
		"one ` only <script>":  "one ` only &lt;script&gt;",
		"``":                   "<code></code>",
		"</code><script>`x`":   "&lt;/code&gt;&lt;script&gt;<code>x</code>",
	} {
		assert.Equal(t, want, string(quote(sentence)))
	}
}

func TestTokenTile_blamesTheTokenFor401Alone(t *testing.T) {
	for status, mood := range map[string]string{
		"authenticated": "", "unauthorized (HTTP 401)": "warn", "HTTP 401": "warn", "HTTP 502": "", "validation_error (HTTP 400)": "", "network-error": "", "": "",
	} {
		assert.Equal(t, mood, tokenTile(triage.Report{AuthStatus: status}).Mood, status)
	}
}
