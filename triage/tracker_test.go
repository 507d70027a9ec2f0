package triage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A story steps a tracker through verdicts, one every five seconds.
type story struct {
	t       *testing.T
	tracker tracker
	now     time.Time
	total   tally
	told    []Notice
}

func (s *story) step(long time.Duration, class Class, each func(*tally)) {
	for end := s.now.Add(long); s.now.Before(end); s.now = s.now.Add(tickEvery) {
		if each != nil {
			each(&s.total)
		}
		v := Verdict{At: s.now, Class: class, Findings: []Finding{{Class: class, Confidence: High, Headline: "It is " + string(class)}}}
		if class != OK {
			v.Findings[0].Since = s.now.Add(-10 * time.Second)
		}
		e := Evidence{At: s.now}
		e.Windows[0].Requests = 60
		s.told = append(s.told, s.tracker.step(moment{
			e: e, v: v, total: s.total, since: func(time.Time) tally { return tally{} }, callers: func(time.Time) []string { return []string{"shop"} },
		})...)
	}
}

func (s *story) transitions() (list []Transition) {
	for _, n := range s.told {
		list = append(list, n.Transition)
	}
	return list
}

func TestTracker_oneIncidentFromFirstFailureToRecovery(t *testing.T) {
	s := &story{t: t, now: noon}
	s.step(time.Minute, OK, nil)
	s.step(2*time.Minute, NotionSide, func(n *tally) { n.n[requests] += 10; n.n[trouble] += 3 })
	s.step(3*time.Minute, NotionDown, func(n *tally) { n.n[requests] += 10; n.n[unserved] += 9; n.n[lostWrites]++ })
	s.step(3*time.Minute, OK, nil)
	require.Len(t, s.tracker.incidents, 1)
	i := s.tracker.incidents[0]
	assert.Equal(t, noon.Add(50*time.Second), i.Start, "the first failure")
	assert.Equal(t, noon.Add(time.Minute), i.Detected)
	assert.Equal(t, noon.Add(6*time.Minute), i.End, "when all was well, not when that was believed")
	assert.Equal(t, NotionDown, i.Worst)
	assert.Equal(t, P1, i.Severity)
	assert.Equal(t, []Class{NotionSide, NotionDown}, []Class{i.Classes[0].Class, i.Classes[1].Class})
	assert.Equal(t, Figures{
		Requests: 590, Affected: 393, FromStore: 69, Unserved: 324, LostWrites: 36, Callers: []string{"shop"},
	}, i.Figures, "the first step is in what had been counted before")
	var kinds []Kind
	for _, e := range i.Timeline {
		kinds = append(kinds, e.Kind)
	}
	assert.Equal(t, []Kind{FirstFailure, Detection, WriteLost, Reclassified, Quiet, Recovery}, kinds)
	assert.Equal(t, Opened, s.told[0].Transition)
	assert.Equal(t, Closed, s.told[len(s.told)-1].Transition)
	assert.True(t, s.told[0].Incident.Open(), "what was told is not changed later")
}

func TestTracker_shortCalmIsPartOfIt(t *testing.T) {
	s := &story{t: t, now: noon}
	for range 5 {
		s.step(time.Minute, NotionDown, nil)
		s.step(119*time.Second, OK, nil)
	}
	assert.Len(t, s.tracker.incidents, 1)
	assert.NotContains(t, s.transitions(), Closed)
	s.step(time.Minute, NotionDown, nil)
	s.step(125*time.Second, OK, nil)
	s.step(time.Minute, NotionDown, nil)
	require.Len(t, s.tracker.incidents, 2)
	a, b := s.tracker.incidents[0], s.tracker.incidents[1]
	assert.NotEqual(t, a.ID, b.ID)
	assert.True(t, isID(a.ID) && isID(b.ID))
	assert.False(t, b.Start.Before(a.End), "incidents do not overlap")
}

func TestTracker_aSpellThatReachesBackBeginsWithTheLastEnd(t *testing.T) {
	tr := tracker{incidents: []Incident{{ID: "inc-1", Start: noon.Add(-time.Hour), End: noon}}}
	tr.step(moment{
		v:     Verdict{At: noon.Add(time.Minute), Class: NotionDown, Findings: []Finding{{Class: NotionDown, Since: noon.Add(-time.Minute)}}},
		since: func(time.Time) tally { return tally{} }, callers: func(time.Time) []string { return nil },
	})
	assert.Equal(t, noon, tr.incidents[1].Start)
}

func TestTracker_isBounded(t *testing.T) {
	s := &story{t: t, now: noon}
	for i := range 2 * maxIncidents {
		s.step(10*time.Second, []Class{NotionDown, RateLimited}[i%2], nil)
		s.step(130*time.Second, OK, nil)
	}
	assert.Len(t, s.tracker.incidents, maxIncidents)
	for i := range 1000 {
		s.step(5*time.Second, []Class{NotionDown, RateLimited}[i%2], nil)
	}
	last := s.tracker.incidents[maxIncidents-1]
	assert.LessOrEqual(t, len(last.Timeline), maxTimeline)
	assert.LessOrEqual(t, len(last.Classes), maxClasses)
	s.step(150*time.Second, OK, nil)
	last = s.tracker.incidents[maxIncidents-1]
	assert.Equal(t, Recovery, last.Timeline[len(last.Timeline)-1].Kind, "there is always place for the end")
}

func TestSeverity(t *testing.T) {
	finding := func(c Class, sure Confidence) Verdict {
		return Verdict{Findings: []Finding{{Class: c, Confidence: sure}}}
	}
	for name, tt := range map[string]struct {
		v    Verdict
		one  Window
		f    Figures
		want Severity
		all  int // callers
	}{
		"nobody noticed":            {finding(NotionSide, High), Window{Requests: 60}, Figures{Requests: 600}, P4, 1},
		"few errors":                {finding(NotionSide, High), Window{Requests: 60, Unserved: 1}, Figures{Requests: 600, Unserved: 1}, P3, 1},
		"a lost write":              {finding(NotionSide, High), Window{Requests: 60, Unserved: 1}, Figures{Requests: 600, Unserved: 1, LostWrites: 1}, P2, 1},
		"half, of one of three":     {finding(NotionSide, High), Window{Requests: 60, Unserved: 30}, Figures{Requests: 600, Unserved: 30, Callers: []string{"a"}}, P2, 3},
		"half, of all three":        {finding(NotionSide, High), Window{Requests: 60, Unserved: 30}, Figures{Requests: 600, Unserved: 30, Callers: []string{"a", "b", "c"}}, P1, 3},
		"old answers":               {finding(NotionDown, High), Window{Requests: 60}, Figures{Requests: 600, FromStore: 400}, P3, 1},
		"a tenth":                   {finding(NotionSide, High), Window{Requests: 60, Unserved: 6}, Figures{Requests: 600, Unserved: 6}, P2, 1},
		"half":                      {finding(NotionDown, High), Window{Requests: 60, Unserved: 30}, Figures{Requests: 600, Unserved: 30}, P1, 1},
		"one of two":                {finding(NotionSide, High), Window{Requests: 2, Unserved: 1}, Figures{Requests: 600, Unserved: 1}, P3, 1},
		"a token of many":           {finding(TokenExpired, High), Window{Requests: 600, Codes: map[string]int64{"unauthorized": 6}}, Figures{}, P2, 1},
		"the only token":            {finding(TokenExpired, High), Window{Requests: 60, Codes: map[string]int64{"unauthorized": 60}}, Figures{}, P1, 1},
		"a token nobody knows":      {finding(TokenExpired, Medium), Window{Requests: 600}, Figures{}, P4, 1},
		"a page":                    {finding(PagesUnshared, High), Window{Requests: 60}, Figures{}, P3, 1},
		"an application's nonsense": {finding(IntegrationSide, High), Window{Requests: 60}, Figures{}, P4, 1},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, severityOf(tt.v, tt.one, tt.f, tt.all)) })
	}
}
