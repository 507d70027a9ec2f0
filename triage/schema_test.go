package triage

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/exchange"
)

// tasks is the answer of a data source with properties given as
// "id name type option,option".
func tasks(at time.Time, lines ...string) SchemaAnswer {
	properties := map[string]any{}
	for _, line := range lines {
		f := strings.Fields(line)
		p := map[string]any{"id": f[0], "name": f[1], "type": f[2]}
		if len(f) > 3 {
			var options []map[string]string
			for _, o := range strings.Split(f[3], ",") {
				options = append(options, map[string]string{"id": "id-" + o, "name": o})
			}
			p[f[2]] = map[string]any{"options": options}
		}
		properties[f[1]] = p
	}
	body, _ := json.Marshal(map[string]any{"object": "data_source", "id": someObject, "last_edited_time": at.Truncate(time.Minute), "properties": properties})
	return SchemaAnswer{Connection: someToken, Version: "2025-09-03", Body: body, At: at}
}

func TestSchemas_tellWhatChanged(t *testing.T) {
	before := []string{"title Name title", "aa Status select open,done", "bb Due date"}
	for name, tt := range map[string]struct {
		after []string
		want  []string
	}{
		"nothing":           {before, nil},
		"added":             {append([]string{"cc Owner people"}, before...), []string{"`Owner` was added."}},
		"removed":           {before[:2], []string{"`Due` was removed."}},
		"renamed":           {[]string{before[0], "aa State select open,done", before[2]}, []string{"`Status` was renamed to `State`."}},
		"type changed":      {[]string{before[0], "aa Status multi_select open,done", before[2]}, []string{"`Status` was changed from select to multi_select."}},
		"option removed":    {[]string{before[0], "aa Status select open", before[2]}, []string{"The option `done` of `Status` was removed."}},
		"option added":      {[]string{before[0], "aa Status select open,done,late", before[2]}, nil},
		"renamed, and more": {[]string{before[0], "aa State status open"}, []string{"`Status` was renamed to `State`.", "`State` was changed from select to status.", "`Due` was removed."}},
		"replaced":          {[]string{before[0], before[1], "dd Due date"}, []string{"`Due` was removed.", "`Due` was added."}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchemas(nil)
			assert.Empty(t, s.learn(tasks(noon, before...)))
			var got []string
			for _, e := range s.learn(tasks(noon.Add(time.Hour), tt.after...)) {
				got = append(got, e.Text)
				assert.Equal(t, noon, e.Before)
				assert.Equal(t, noon.Add(time.Hour), e.Seen)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestSchemas_anotherVersionTellsNamesOnly(t *testing.T) {
	s := newSchemas(nil)
	s.learn(tasks(noon, "title Name title", "aa Status status"))
	old := tasks(noon.Add(time.Minute), "title Name title", "aa State select", "bb Due date")
	old.Version = "2022-06-28"
	events := s.learn(old)
	require.Len(t, events, 1)
	assert.Equal(t, Renamed, events[0].Change)
}

func TestSchemas_whatWasOvertakenCountsNot(t *testing.T) {
	s := newSchemas(nil)
	s.learn(tasks(noon, "title Name title", "aa State select"))
	assert.Empty(t, s.learn(tasks(noon.Add(-time.Minute), "title Name title", "aa Status select")))
	assert.Empty(t, s.learn(tasks(noon.Add(time.Minute), "title Name title", "aa State select")))
}

func TestSchemas_explain(t *testing.T) {
	for name, tt := range map[string]struct {
		r         Rejection
		explained string
		drifted   bool
		property  string
	}{
		"renamed":           {Rejection{Object: someObject, named: exchange.Digest("Status")}, "`Status` was renamed to `State` 12 minutes ago.", true, "Status"},
		"removed":           {Rejection{Object: someObject, named: exchange.Digest("Due")}, "`Due` was removed 12 minutes ago.", true, "Due"},
		"there":             {Rejection{Object: someObject, named: exchange.Digest("State")}, "`State` is there, as a property of type select.", false, "State"},
		"never there":       {Rejection{Object: someObject, named: exchange.Digest("hunter2")}, "the data source has no property of the name that is asked for; it has `Name` and `State`.", false, ""},
		"a row, renamed":    {Rejection{Object: "11111111-1111-4111-8111-111111111111", named: exchange.Digest("Status")}, "`Status` was renamed to `State` 12 minutes ago.", true, "Status"},
		"a row, never":      {Rejection{named: exchange.Digest("hunter2")}, "", false, ""},
		"an unknown source": {Rejection{Object: "11111111-1111-4111-8111-111111111111", named: exchange.Digest("hunter2")}, "", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchemas(nil)
			s.learn(tasks(noon, "title Name title", "aa Status select", "bb Due date"))
			s.learn(tasks(noon.Add(30*time.Minute), "title Name title", "aa State select"))
			tt.r.Code = "validation_error"
			s.explain(&tt.r, noon.Add(42*time.Minute))
			assert.Equal(t, tt.explained, tt.r.Explained)
			assert.Equal(t, tt.drifted, tt.r.Drifted)
			assert.Equal(t, tt.property, tt.r.Property, "what no schema has or had is not named")
		})
	}
}

func TestSchemas_theyAreAskedForOnceAMinuteAtMost(t *testing.T) {
	s := newSchemas(map[string][]string{strings.ReplaceAll(someObject, "-", ""): {"Name"}})
	require.Len(t, s.due(noon), 1, "what is expected and was never seen")
	assert.Contains(t, s.asked, someObject)
	s.want(Rejection{Object: someObject, Operation: "data_sources.query", named: exchange.Digest("Status")})
	assert.Empty(t, s.due(noon.Add(59*time.Second)))
	assert.Len(t, s.due(noon.Add(time.Minute)), 1)
	s.learn(tasks(noon.Add(time.Minute), "title Name title"))
	assert.Empty(t, s.due(noon.Add(5*time.Minute)), "nothing is missing")
	assert.Len(t, s.due(noon.Add(6*time.Minute)), 1, "but it is looked at now and then")
	s.learn(tasks(noon.Add(6*time.Minute), "title Title title"))
	assert.Len(t, s.due(noon.Add(7*time.Minute)), 1, "more often while something is missing")
}

func TestSchemas_areBounded(t *testing.T) {
	s := newSchemas(nil)
	for i := range 3 * maxSchemas {
		a := tasks(noon.Add(time.Duration(i)*time.Second), "title Name title")
		a.Body = []byte(strings.Replace(string(a.Body), someObject, fmt.Sprintf("%08x-1111-4111-8111-111111111111", i+1), 1))
		s.learn(a)
		s.want(Rejection{Object: fmt.Sprint(i), Operation: "data_sources.query", named: exchange.Digest("x")})
	}
	assert.Len(t, s.known, maxSchemas)
	assert.LessOrEqual(t, len(s.wanted), maxWanted)
	for i := range 3 * maxDrift {
		s.learn(tasks(noon.Add(time.Hour+time.Duration(i)*time.Second), "title Name title", fmt.Sprintf("aa P%d select", i)))
	}
	assert.Len(t, s.events, maxDrift)
	assert.LessOrEqual(t, len(s.known[someObject].former), maxFormer)
}

// FuzzReadSchema has nothing that Notion, or somebody in its place, answers
// break anything.
func FuzzReadSchema(f *testing.F) {
	f.Add(tasks(noon, "title Name title", "aa Status select open,done").Body)
	f.Add([]byte(`{"object":"data_source","id":"` + someObject + `","properties":{"":{"select":{"options":[{}]}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := newSchemas(nil)
		s.learn(tasks(noon, "title Name title"))
		s.learn(SchemaAnswer{Body: body, At: noon.Add(time.Minute)})
		s.held(noon)
	})
}
