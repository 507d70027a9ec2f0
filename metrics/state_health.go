package metrics

import (
	"notionproxy/statuspage"
	"notionproxy/upstream"
)

var healths = []upstream.Health{upstream.Well, upstream.Slow, upstream.Recovering, upstream.Down}

func (m *Metrics) addBreakers(read func() map[string]map[upstream.Health]int) {
	if read == nil {
		return
	}
	states := make([]string, len(healths))
	for i, h := range healths {
		states[i] = h.String()
	}
	m.state(func(set set) {
		for family, of := range read() {
			for _, h := range healths {
				set("notionproxy_breakers", float64(of[h]), family, h.String())
			}
		}
	}, Entry{
		Name: "notionproxy_breakers", Kind: Gauge,
		Labels: []Label{{Name: "family", Values: []string{familyWords[0], familyWords[1], familyWords[3]}}, {Name: "state", Values: states}},
		Help:   "Connections that made calls within the last five minutes, by how those of a family of operations fare. While one is down, Notion is asked once in 30 s.",
	})
}

var pageVerdicts = words(statuspage.Clear, statuspage.Trouble, statuspage.Unknown)

func (m *Metrics) addPage(read func() statuspage.Reading) {
	if read == nil {
		return
	}
	m.state(func(set set) {
		r := read()
		oneOf(set, "notionproxy_status_page", string(r.Verdict), pageVerdicts)
		set("notionproxy_status_page_read_timestamp_seconds", unix(r.At))
	},
		Entry{
			Name: "notionproxy_status_page", Kind: Gauge, Labels: []Label{{Name: "verdict", Values: pageVerdicts}},
			Help: "1 for what Notion's status page comes to, 0 for the others. A page that cannot be read is unknown.",
		},
		Entry{
			Name: "notionproxy_status_page_read_timestamp_seconds", Kind: Gauge, Unit: "timestamp",
			Help: "When it was last read with success; 0 if it never was.",
		},
	)
}

func (m *Metrics) addVerdict(read func() string, verdicts []string) {
	if read == nil {
		return
	}
	m.state(func(set set) { oneOf(set, "notionproxy_verdict", read(), verdicts) }, Entry{
		Name: "notionproxy_verdict", Kind: Gauge, Labels: []Label{{Name: "verdict", Values: verdicts}},
		Help: "1 for what /triage says, 0 for the others.",
	})
}

func (m *Metrics) addReload(read func() Reload) {
	if read == nil {
		return
	}
	m.state(func(set set) {
		r := read()
		set("notionproxy_config_reload_success", truth(r.OK))
		set("notionproxy_config_reload_timestamp_seconds", unix(r.At))
	},
		Entry{
			Name: "notionproxy_config_reload_success", Kind: Gauge,
			Help: "1 if the settings were in order when they were last read, 0 if they were refused and the old ones stay.",
		},
		Entry{
			Name: "notionproxy_config_reload_timestamp_seconds", Kind: Gauge, Unit: "timestamp",
			Help: "When changed settings were last read; the start at first.",
		},
	)
}

func (m *Metrics) addObserving(read func() bool) {
	if read == nil {
		return
	}
	m.state(func(set set) { set("notionproxy_observing", truth(read())) }, Entry{
		Name: "notionproxy_observing", Kind: Gauge,
		Help: "1 in mode observe, in which nothing is stored and nothing is slowed down.",
	})
}
