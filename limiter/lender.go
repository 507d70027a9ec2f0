package limiter

import "time"

// A Lender lends calls of budgets that several replicas spend together. Its
// methods are safe for concurrent use and never wait.
type Lender interface {
	// Borrow asks for calls. reply is called once, later, and not on the
	// goroutine that called Borrow. It takes lendTime at most.
	Borrow(d Demand, reply func(Loan))

	// Held says that Notion holds what h names, for RetryAfter from now on. The
	// others are told, and pass it to their Heed.
	Held(h Hold)
}

// lendTime is the least that a call waits while calls are being borrowed for
// it, however little patience it has.
const lendTime = 75 * time.Millisecond

// A Demand is what a connection asks the lender for, and what it has to tell.
type Demand struct {
	Connection string
	Calls      int     // that wait in Lane; 0 to report only
	Lane       Lane    // of the call that leaves next
	Rate       float64 // calls a second that may leave, over all replicas
	Burst      int     // calls that may leave at once
	Most       int     // calls that may leave within the window
	Reserve    int     // of these, what bulk leaves to others; 0 when it is bulk's turn by right

	Unused int     // calls of the last loan that were not made
	Loan   int64   // its number
	Spent  []Spent // calls that left without a loan and were not told yet

	Held time.Duration // how much longer Notion holds the connection, as far as is known here
	Lift bool          // Notion took a call in spite of that hold: it is over
}

// Spent is calls that left that long ago.
type Spent struct {
	Ago   time.Duration
	Calls int
}

// A Loan is a lender's reply.
type Loan struct {
	// Alone says that nobody lends: the connection goes on with a part of its
	// budget, one of Replicas. Cut is how long ago this replica last knew for
	// certain what the others spent; others may have gone on for Blind after
	// that. All other fields are meaningless then.
	Alone      bool
	Replicas   int
	Cut, Blind time.Duration
	Lost       bool // what was said of Window before does not hold all that was spent

	Calls  int           // that may leave until Life after Borrow was called
	Life   time.Duration //
	Number int64         // to return the unused ones
	Wait   time.Duration // when to ask again, if Calls is 0

	Tokens float64       // left in the bucket of all replicas, this loan taken off
	Window []Spent       // what all replicas spent, oldest first, this loan left out
	Held   time.Duration // how much longer the connection is held, as any replica knows
}

// A tab is what a connection has with the lender. Limiter.mu guards it.
type tab struct {
	asking bool
	asked  instant
	again  instant // not to ask before then

	left  int     // calls of the loan that were not made yet
	until instant // when it ends
	loan  int64

	unpaid window // calls that left without a loan and were not told yet
	told   int    // how many of them the demand under way tells
	lift   bool   // tell that the hold is over

	known  bool // the window is what all replicas spent,
	at     instant
	tokens float64 // and this was in their bucket, then

	alone    bool
	replicas int
	others   window // while alone: what all replicas spent before, or may have
}

// covers reports whether a call may leave on the loan.
func (t *tab) covers(now instant) bool { return t.left > 0 && now < t.until }

// opens is when a call may leave by the loan: when it is known, if one is
// being asked for.
func (t *tab) opens(now instant) instant {
	switch {
	case t.alone || t.covers(now):
		return now
	case t.asking || t.again <= now:
		return never
	}
	return t.again
}

// borrow asks the lender for calls where they are all that is missing.
func (l *Limiter) borrow(c *connection, now instant) {
	t := c.tab
	if t == nil || t.asking || t.alone || t.covers(now) || c.queue.waiting == 0 || t.again > now {
		return
	}
	c.settle(now)
	if at, probe := c.opensHere(now); at > now || probe {
		return
	}
	lane := c.queue.next()
	d := c.demand(now)
	d.Lane, d.Calls = lane, c.queue.lanes[lane].waiting
	if lane != Bulk || c.queue.isOwed(Bulk) {
		d.Reserve = 0
	}
	l.send(c, d, now)
}

// borrowFor borrows for c, or for all that wait in the pool.
func (l *Limiter) borrowFor(c *connection, now instant) {
	if c != l.pool {
		l.borrow(c, now)
		return
	}
	c.queue.each(func(ticket *waiter) { l.borrow(ticket.from, now) })
}

// demand is what the connection has to tell the lender, asking for nothing.
func (c *connection) demand(now instant) Demand {
	t := c.tab
	d := Demand{
		Connection: c.name, Rate: float64(c.full.pace), Burst: c.full.burst, Most: c.full.most, Reserve: c.full.reserve,
		Unused: t.left, Loan: t.loan, Lift: t.lift,
	}
	if c.learned != nil {
		d.Rate *= c.learned.share(now)
	}
	if p := c.held(); p.until > now {
		d.Held = p.until - now
	}
	t.left = 0
	untold := &t.unpaid
	if t.alone {
		untold = &c.window
	}
	untold.expire(now)
	t.told = untold.n
	for i := range untold.n {
		d.Spent = append(d.Spent, Spent{now - untold.at(i), 1})
	}
	return d
}

func (l *Limiter) send(c *connection, d Demand, now instant) {
	t := c.tab
	t.asking, t.asked = true, now
	l.options.Lender.Borrow(d, func(loan Loan) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.take(c, t, d, loan, l.now())
	})
}

// take takes a loan, or the news that there are none. One for a connection
// that has become another is left to end.
func (l *Limiter) take(c *connection, t *tab, d Demand, loan Loan, now instant) {
	t.asking = false
	if c.into != nil || c.tab != t {
		return
	}
	c.settle(now)
	if loan.Alone {
		if !t.alone {
			c.goAlone(loan, now)
		}
		l.dispatch(c, now)
		return
	}
	if t.alone {
		c.comeBack(now)
	} else {
		t.unpaid.cut(t.told)
	}
	t.lift = t.lift && !d.Lift
	t.left, t.until, t.loan = loan.Calls, t.asked+loan.Life, loan.Number
	t.again = now + loan.Wait
	c.mirror(loan, now)
	if loan.Held > 0 && !t.lift && c.pause.extend(now, loan.Held, ConnectionScope) {
		l.halt(c, now)
		return
	}
	l.dispatch(c, now)
	if t.left > 0 && c.queue.waiting == 0 || t.unpaid.n > 0 {
		l.tell(c, now)
	}
}

// tell tells the lender what there is to tell, if nothing is under way that
// will be followed by it.
func (l *Limiter) tell(c *connection, now instant) {
	if t := c.tab; t != nil && !t.asking && !t.alone {
		l.send(c, c.demand(now), now)
	}
}

// mirror takes over what all replicas have spent, so that estimates and what
// clients are told come out right.
func (c *connection) mirror(loan Loan, now instant) {
	t := c.tab
	t.known, t.at, t.tokens = true, t.asked, loan.Tokens
	c.window = window{span: c.window.span}
	for _, s := range loan.Window {
		for range s.Calls {
			c.window.add(now - s.Ago)
		}
	}
	for i := range t.unpaid.n { // they left while the lender was asked
		c.window.add(t.unpaid.at(i))
	}
	c.bucket = c.bucket.holding(loan.Tokens+float64(loan.Calls), now)
	c.moves++
}

// isIdle reports whether there is nothing to tell or to wait for.
func (t *tab) isIdle() bool {
	return t == nil || !t.asking && !t.lift && t.unpaid.n == 0 && t.others.n == 0
}

// move has what was spent under another name count for c. A loan under the
// other name is left to end.
func (l *Limiter) move(c *connection, spent *window) {
	if c.tab == nil || c.tab.alone {
		return
	}
	c.tab.unpaid.merge(spent)
	if c.queue.waiting == 0 {
		l.tell(c, l.now())
	}
}

// rename gives c a new tab, under its new name.
func (l *Limiter) rename(c *connection) {
	switch {
	case c.tab == nil:
	case c.tab.alone:
		c.tab.known = false
	default:
		c.tab = &tab{unpaid: window{span: l.span}}
		l.move(c, &c.window)
		l.dispatch(c, l.now()) // what waited for the old name's loan
	}
}

// count counts a call that leaves now, on the loan if there is one.
func (t *tab) count(now instant) {
	switch {
	case t == nil || t.alone:
	case t.covers(now):
		t.left--
	default:
		t.unpaid.add(now)
	}
}

// refund gives a call back that left then and was not made.
func (t *tab) refund(left, now instant) {
	switch {
	case t == nil || t.alone:
	case t.unpaid.remove(left):
		if left <= t.asked {
			t.told = max(0, t.told-1)
		}
	case now < t.until && left >= t.asked:
		t.left++
	}
}
