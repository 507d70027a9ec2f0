package statuspage

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	incidentIO = `{"page":{"id":"01JMDK9XYNY6RXSED6SDWW50WY","name":"Notion","url":"https://status.example.test/","updated_at":"2026-07-09T19:25:56Z"},
 "status":{"description":"Partial System Degradation","indicator":"minor"},
 "components":[{"id":"01J","name":"Notion API","status":"operational","position":0,"group":null}],
 "incidents":[{"name":"Elevated errors","status":"monitoring","impact":"minor","shortlink":null,"components":null}]}`

	statuspageIO = `{"page":{"id":"abc","name":"Notion","updated_at":"2026-11-22T06:40:11.250Z"},
 "status":{"indicator":"minor","description":"Partially Degraded Service"},
 "components":[{"name":"Notion API","status":"degraded_performance","group":false},{"name":"Core Services","status":"degraded_performance","group":true}],
 "incidents":[{"name":"Elevated API errors","status":"investigating","impact":"minor","created_at":"2026-11-22T06:30:00.000Z","started_at":"2026-11-22T06:28:00.000Z",
   "shortlink":"https://stspg.io/x","components":[{"name":"Notion API"}],
   "incident_updates":[{"status":"identified","body":"We know.","created_at":"2026-11-22T06:41:00.000Z"},{"status":"investigating","body":"We are looking.","created_at":"2026-11-22T06:31:00.000Z"}]}],
 "scheduled_maintenances":[{"name":"Database upgrade","status":"scheduled","scheduled_for":"2026-11-25T02:00:00.000Z","scheduled_until":"2026-11-25T03:00:00.000Z"}]}`

	allClear = `{"status":{"indicator":"none","description":"All good"},"components":[{"name":"Notion API","status":"operational"}]}`
)

func TestParse_readsBothDialects(t *testing.T) {
	p, err := parse([]byte(statuspageIO))
	require.NoError(t, err)
	assert.Equal(t, "minor", p.Indicator)
	assert.Equal(t, []Component{{"Notion API", "degraded_performance"}}, p.Components, "groups are no components")
	require.Len(t, p.Incidents, 1)
	assert.Equal(t, time.Date(2026, 11, 22, 6, 28, 0, 0, time.UTC), p.Incidents[0].Started)
	assert.Equal(t, "We know.", p.Incidents[0].Updates[0].Body, "the newest update comes first")
	require.Len(t, p.Maintenances, 1)
	assert.Equal(t, time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC), p.Maintenances[0].From)

	p, err = parse([]byte(incidentIO))
	require.NoError(t, err)
	assert.Equal(t, "Elevated errors", p.Incidents[0].Name)
	assert.Empty(t, p.Incidents[0].Components)
}

func TestConcerns_whatIsOursAndWhatIsNot(t *testing.T) {
	cases := []struct {
		what, page string
		ours       bool
	}{
		{"all is well", allClear, false},
		{"the API is degraded", statuspageIO, true},
		{"an incident without components, small and of another name", incidentIO, false},
		{"an incident without components, but large", strings.Replace(incidentIO, `"impact":"minor"`, `"impact":"critical"`, 1), true},
		{"an incident without components that names ours", strings.Replace(incidentIO, "Elevated errors", "API errors", 1), true},
		{"an incident with every component green", `{"status":{"indicator":"critical"},"components":[{"name":"Notion API","status":"operational"}],
			"incidents":[{"name":"x","status":"investigating","components":[{"name":"Notion API"}]}]}`, true},
		{"another part is down", `{"status":{"indicator":"major"},"components":[{"name":"Notion Mail","status":"major_outage"}]}`, false},
		{"an incident of another part", `{"status":{"indicator":"major"},"incidents":[{"name":"API of Mail","impact":"major","status":"investigating","components":[{"name":"Notion Mail"}]}]}`, false},
		{"an incident that is over", `{"status":{"indicator":"none"},"incidents":[{"name":"API","status":"resolved","impact":"critical"}]}`, false},
		{"maintenance", `{"status":{"indicator":"maintenance"},"components":[{"name":"Notion API","status":"under_maintenance"}]}`, false},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			p, err := parse([]byte(c.page))
			require.NoError(t, err)
			assert.Equal(t, c.ours, len(concerns(p, DefaultComponents())) > 0)
		})
	}
}

// page answers as told.
type page struct {
	status      int
	contentType string
	body        string
	err         error
	hang        bool
	asked       int
}

func (p *page) RoundTrip(r *http.Request) (*http.Response, error) {
	p.asked++
	if p.hang {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if p.err != nil {
		return nil, p.err
	}
	return &http.Response{
		StatusCode: p.status, Header: http.Header{"Content-Type": {p.contentType}},
		Body: io.NopCloser(strings.NewReader(p.body)),
	}, nil
}

func TestWatcher_whatCannotBeReadIsUnknown(t *testing.T) {
	cases := map[string]page{
		"refused":           {err: errors.New("connection refused")},
		"hanging":           {hang: true},
		"HTML":              {status: 200, contentType: "text/html", body: allClear},
		"a redirect":        {status: 302, contentType: "application/json", body: allClear},
		"500":               {status: 500, contentType: "application/json", body: allClear},
		"100 MB":            {status: 200, contentType: "application/json", body: allClear + strings.Repeat(" ", 1<<20)},
		"nothing":           {status: 200, contentType: "application/json"},
		"an empty object":   {status: 200, contentType: "application/json", body: "{}"},
		"another indicator": {status: 200, contentType: "application/json", body: `{"status":{"indicator":"fine"}}`},
		"half":              {status: 200, contentType: "application/json", body: allClear[:40]},
	}
	for what, p := range cases {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := New(Options{Transport: &p})
				w.poll(t.Context())
				r := w.Reading(time.Now())
				assert.Equal(t, Unknown, r.Verdict)
				assert.Error(t, r.Err)
				assert.False(t, w.Concern())
			})
		})
	}
}

func TestWatcher_aReadingIsGoodForTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &page{status: 200, contentType: "application/json; charset=utf-8", body: allClear}
		w := New(Options{Transport: p})
		w.poll(t.Context())
		assert.Equal(t, Clear, w.Reading(time.Now()).Verdict)
		p.status = 503
		time.Sleep(10 * time.Minute)
		w.poll(t.Context())
		assert.Equal(t, Clear, w.Reading(time.Now()).Verdict)
		time.Sleep(time.Nanosecond)
		assert.Equal(t, Unknown, w.Reading(time.Now()).Verdict)
	})
}

func TestWatcher_pollsOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &page{status: 200, contentType: "application/json", body: allClear}
		ctx, stop := context.WithCancel(t.Context())
		go New(Options{Transport: p, Interval: time.Second}).Run(ctx)
		time.Sleep(time.Hour)
		stop()
		synctest.Wait()
		assert.InDelta(t, 120, p.asked, 12, "never more often than each 30 s")
	})
}

func TestWatcher_aFlappingPageChangesNothingFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &page{status: 200, contentType: "application/json"}
		w := New(Options{Transport: p})
		changes, was := 0, false
		for i := range 120 {
			p.body = allClear
			if i%2 == 0 {
				p.body = statuspageIO
			}
			w.poll(t.Context())
			if is := w.Concern(); is != was {
				changes, was = changes+1, is
			}
			time.Sleep(10 * time.Second)
		}
		assert.Positive(t, changes)
		assert.LessOrEqual(t, changes, 11, "in twenty minutes")
	})
}

func TestMaintenance_theNextThatConcernsUs(t *testing.T) {
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	page := func(maintenances string) string {
		return `{"status":{"indicator":"none"},"scheduled_maintenances":[` + maintenances + `]}`
	}
	const (
		second = `{"name":"x","status":"scheduled","scheduled_for":"2026-11-25T02:00:00Z"}`
		first  = `{"name":"x","status":"scheduled","scheduled_for":"2026-11-25T01:00:00Z","components":[{"name":"Databases"}]}`
		others = `{"name":"x","status":"scheduled","scheduled_for":"2026-11-25T00:30:00Z","components":[{"name":"Notion Mail"}]}`
		begun  = `{"name":"x","status":"in_progress","scheduled_for":"2026-11-24T23:30:00Z"}`
		over   = `{"name":"x","status":"completed","scheduled_for":"2026-11-25T00:10:00Z"}`
		dated  = `{"name":"x","status":"scheduled","scheduled_for":"soon"}`
	)
	cases := []struct {
		what, page string
		hour       int // 0: none
	}{
		{"none", page(""), 0},
		{"the first of two", page(second + "," + first), 1},
		{"the same the other way round", page(first + "," + second), 1},
		{"one of parts that are not ours", page(others + "," + second), 2},
		{"one that has begun", page(begun), 0},
		{"one that is over", page(over), 0},
		{"one at no time that can be read", page(dated), 0},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			p, err := parse([]byte(c.page))
			require.NoError(t, err)
			want := time.Time{}
			if c.hour > 0 {
				want = now.Add(time.Duration(c.hour) * time.Hour)
			}
			assert.Equal(t, want, next(p, DefaultComponents(), now))
		})
	}
}

func TestWatcher_tellsNoMaintenanceFromAnOldReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
		p := &page{status: 200, contentType: "application/json", body: `{"status":{"indicator":"none"},
			"scheduled_maintenances":[{"status":"scheduled","scheduled_for":"` + from.Format(time.RFC3339) + `"}]}`}
		w := New(Options{Transport: p})
		assert.Zero(t, w.Maintenance(time.Now()), "nothing has been read")
		w.poll(t.Context())
		assert.Equal(t, from, w.Maintenance(time.Now()))
		time.Sleep(11 * time.Minute)
		assert.Zero(t, w.Maintenance(time.Now()))
	})
}

func TestHint_saysWhatConcernsUsAndWhereToReadOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &page{status: 200, contentType: "application/json", body: statuspageIO}
		w := New(Options{Transport: p, URL: "https://status.example.test/api/v2/summary.json"})
		assert.Empty(t, w.Hint())
		w.poll(t.Context())
		assert.Equal(t, Hint{"Notion's status page shows Notion API: degraded performance", "https://stspg.io/x"}, w.Hint())

		time.Sleep(5 * time.Minute)
		p.body = strings.Replace(statuspageIO, "https://stspg.io/x", "javascript:alert(1)", 1)
		w.poll(t.Context())
		assert.Equal(t, "https://status.example.test/", w.Hint().Link, "no link but a web page's")

		time.Sleep(5 * time.Minute)
		p.body = allClear
		w.poll(t.Context())
		assert.Empty(t, w.Hint())
	})
}

// FuzzParse: any bytes, no panic, and clear only from what says so.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{incidentIO, statuspageIO, allClear, "{}", "<html>", `{"status":null}`, `{"components":[{}],"incidents":[null]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parse(body)
		if err != nil {
			return
		}
		if len(concerns(p, DefaultComponents())) == 0 {
			var said struct{ Status struct{ Indicator string } }
			require.NoError(t, json.Unmarshal(body, &said))
			require.Contains(t, indicators, said.Status.Indicator)
		}
	})
}
