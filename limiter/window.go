package limiter

import "time"

// An instant is a point in time on the limiter's own clock: the time since it
// was made. That clock is monotonic, so no step of the machine's clock opens
// or closes a budget.
type instant = time.Duration

// never is after everything else.
const never = instant(1<<63 - 1)

// minute is Notion's window: calls are counted in fixed stretches of 60 s whose
// beginning nobody tells us.
const minute = 60 * time.Second

// span is how long a call counts with us. We see calls leave, Notion sees them
// arrive: of a burst that is held up by a new connection's handshakes and
// another, a minute later, that goes at once, Notion may see both within the
// same 60 s. The headroom of 9 calls is no match for two bursts of 30. The extra
// second is: calls that leave 61 s apart arrive 60 s apart unless their ways
// differ by more than a second, and then the headroom has to do.
const span = minute + time.Second

// A window remembers when the calls of the last span left, oldest first, so
// that no stretch of that length has more calls than may be, whatever the phase
// of Notion's. It is a ring that grows as it must: a connection that makes few
// calls costs few bytes. The zero window is empty.
type window struct {
	span  instant   // how long a call counts; 0 means span
	ring  []instant // its length is a power of two
	first int
	n     int
}

// at is when the i-th call of the window left, from the oldest on.
func (w *window) at(i int) instant {
	return w.ring[(w.first+i)&(len(w.ring)-1)]
}

// length is how long a call counts.
func (w *window) length() instant {
	if w.span == 0 {
		return span
	}
	return w.span
}

// expire forgets the calls that left a span ago or earlier.
func (w *window) expire(now instant) {
	for w.n > 0 && w.at(0)+w.length() <= now {
		w.first = (w.first + 1) & (len(w.ring) - 1)
		w.n--
	}
}

// add counts a call that leaves now. Few of those before it leave later: loans
// that others may yet use.
func (w *window) add(now instant) {
	if w.n == len(w.ring) {
		w.grow()
	}
	i := w.n
	w.n++
	for ; i > 0 && w.at(i-1) > now; i-- {
		w.ring[(w.first+i)&(len(w.ring)-1)] = w.at(i - 1)
	}
	w.ring[(w.first+i)&(len(w.ring)-1)] = now
}

// cut forgets the n oldest calls.
func (w *window) cut(n int) {
	if n = min(n, w.n); n > 0 {
		w.first = (w.first + n) & (len(w.ring) - 1)
		w.n -= n
	}
}

// forget forgets the calls that left before then.
func (w *window) forget(then instant) {
	for w.n > 0 && w.at(0) < then {
		w.first = (w.first + 1) & (len(w.ring) - 1)
		w.n--
	}
}

func (w *window) grow() {
	ring := make([]instant, max(4, 2*len(w.ring)))
	for i := range w.n {
		ring[i] = w.at(i)
	}
	w.ring, w.first = ring, 0
}

// opens is when there are fewer than most calls in the window, if no other
// leaves until then; 0 when that is so already.
func (w *window) opens(most int) instant {
	switch {
	case w.n < most:
		return 0
	case most <= 0:
		return never
	}
	return w.at(w.n-most) + w.length()
}

// since counts the calls that left then or later.
func (w *window) since(then instant) int {
	for i := w.n; i > 0; i-- {
		if w.at(i-1) < then {
			return w.n - i
		}
	}
	return w.n
}

// remove forgets one call that left then, and reports whether there was one.
func (w *window) remove(then instant) bool {
	for i := w.n - 1; i >= 0 && w.at(i) >= then; i-- {
		if w.at(i) != then {
			continue
		}
		for ; i+1 < w.n; i++ {
			w.ring[(w.first+i)&(len(w.ring)-1)] = w.at(i + 1)
		}
		w.n--
		return true
	}
	return false
}

// merge adds the calls of another window.
func (w *window) merge(o *window) {
	for len(w.ring) < w.n+o.n {
		w.grow()
	}
	i, j := w.n-1, o.n-1
	w.n += o.n
	// From the newest on, so that the older ones, mostly all, stay where they are:
	// to copy them for each of many tokens makes more garbage than all else.
	for k := w.n - 1; j >= 0; k-- {
		newer := o.at(j)
		if i >= 0 && w.at(i) > newer {
			newer = w.at(i)
			i--
		} else {
			j--
		}
		w.ring[(w.first+k)&(len(w.ring)-1)] = newer
	}
}
