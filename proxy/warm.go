package proxy

import "time"

const (
	// warmBefore is how long before an announced maintenance what is read most
	// is asked for anew.
	warmBefore = 30 * time.Minute

	lookForMaintenance = time.Minute
)

// keepWarm sees to it that what is read most is young when an announced
// maintenance begins, until the proxy ends.
func (p *Proxy) keepWarm() {
	tick := time.NewTicker(lookForMaintenance)
	defer tick.Stop()
	var done time.Time // the maintenance that all is ready for
	for {
		select {
		case <-tick.C:
		case <-p.life.Done():
			return
		}
		from := p.o.Maintenance(time.Now())
		if left := time.Until(from); left <= 0 || left > warmBefore || from.Equal(done) {
			continue
		}
		p.warm(from)
		done = from
	}
}

// warm asks for what is read most, evenly spread over the time that is left,
// most-read first, so that these are there should the budget not do for all.
func (p *Proxy) warm(from time.Time) {
	list := p.favoured.ranked()
	for i, a := range list {
		wait := time.NewTimer(time.Until(from) / time.Duration(len(list)-i+1))
		select {
		case <-wait.C:
		case <-p.life.Done():
			wait.Stop()
			return
		}
		if found, ok := p.store.Peek(a.question, time.Now()); ok && found.Born.Before(from.Add(-warmBefore)) {
			p.renew(a)
		}
	}
}

// renew asks for a whole read anew, behind everybody's back and after the jobs
// of others: all pages that are stored of it, since they go together.
func (p *Proxy) renew(a *ask) {
	old, ok := p.store.Peek(a.question, time.Now())
	state := p.tokens.now(a.owner)
	if !ok || state.suspended {
		p.favoured.forget(a.question)
		return
	}
	first := *a
	first.state = state // the connection may have been found out since
	page := first
	for n := 1; ; n++ {
		f, shared := p.join(&page, false)
		p.stepAside(f, page.lane, shared)
		select {
		case <-f.done:
		case <-p.life.Done():
			return
		}
		r := f.result
		if r.page == nil || r.page.Next == "" || n >= old.Pages {
			return
		}
		page = first
		page.question.Cursor = r.page.Next
		if !page.setCursor(r.page.Next) {
			return
		}
	}
}
