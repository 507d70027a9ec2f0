package triage

import "slices"

// Public is the report without names, ids and callers, for those who are no
// operators: verdict, reasons, advice and what Notion says of itself.
func (r Report) Public() Report {
	e := r.Evidence.anonymous()
	v := Judge(e)
	e.Connections, e.Refusals, e.Rejections = []Connection{}, []Refusal{}, []Rejection{}
	e.Loops, e.Spenders, e.Schemas, e.Drift, e.Probes = []Loop{}, []Spender{}, []Schema{}, []DriftEvent{}, nil
	r.Verdict, r.Evidence, r.Classification = v, e, v.Class
	r.Budget, r.Events, r.Incidents, r.Stored = []Budget{}, []TimelineEntry{}, []Incident{}, Stored{Ages: []AgeBand{}}
	return r
}

// anonymous is the evidence without what names anybody or anything, so that a
// verdict made of it does not either.
func (e Evidence) anonymous() Evidence {
	e.Connections = each(e.Connections, func(c *Connection) { c.Name, c.Callers = "", nil })
	e.Refusals = each(e.Refusals, func(r *Refusal) { r.Connection, r.Object, r.Caller = "", "", "" })
	e.Rejections = each(e.Rejections, func(r *Rejection) {
		r.Connection, r.Object, r.Caller, r.Property = "", "", "", ""
		if r.Explained != "" {
			r.Explained = "the schema does not have what it asks for."
		}
	})
	e.Spenders = each(e.Spenders, func(s *Spender) { s.Connection, s.Caller = "", "" })
	e.Loops = each(e.Loops, func(l *Loop) { l.Connection, l.Caller = "", "" })
	e.Schemas = each(e.Schemas, func(s *Schema) {
		s.DataSource, s.Missing, s.Unexpected, s.Current = "", make([]string, len(s.Missing)), nil, nil
	})
	e.Drift = nil
	if e.Probes != nil {
		run := *e.Probes
		run.Probes = each(run.Probes, func(p *Probe) {
			p.Connection, p.Bot, p.Workspace = "", "", ""
			p.Detail = "good."
			if !p.OK {
				p.Detail = "failed."
			}
		})
		e.Probes = &run
	}
	return e
}

// each is a copy of list, changed.
func each[T any](list []T, change func(*T)) []T {
	list = slices.Clone(list)
	for i := range list {
		change(&list[i])
	}
	return list
}
