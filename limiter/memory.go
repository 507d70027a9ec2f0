package limiter

// connection finds or makes the connection that pays for calls of that name.
// It is nil when as many are in use as may be.
func (l *Limiter) connection(name string, now instant) *connection {
	c := l.connections[name]
	if c == nil {
		c = l.meet(name, now)
	}
	if c != nil {
		l.touch(c, now)
		l.forgetIdle(now)
		c.settle(now)
	}
	return c
}

// meet makes the connection, or finds it under its other name.
func (l *Limiter) meet(name string, now instant) *connection {
	l.forgetIdle(now)
	id, known := l.identities.Get(name)
	if known && id.connection != name {
		if c := l.connections[id.connection]; c != nil {
			l.addAlias(c, name)
			return c
		}
	}
	if len(l.connections) >= l.options.MaxConnections {
		return nil
	}
	c := l.newConnection(name)
	if l.options.Unclean && now < span {
		c.assumeBurst(now)
	}
	l.connections[c.name] = c
	l.addAlias(c, name)
	l.settleIn(c, id.workspace, now)
	return c
}

// newConnection makes the connection that pays for calls of that name, by what
// is known of it.
func (l *Limiter) newConnection(name string) *connection {
	names := []string{name}
	if id, known := l.identities.Get(name); known {
		names = []string{id.connection, name}
	}
	c := newConnection(names[0], l.limits(names...), l.epoch)
	c.window.span = l.span
	if l.options.Lender != nil {
		c.tab = &tab{unpaid: window{span: l.span}}
	}
	return c
}

// limits are the connection's own, by the first of its names that has some, or
// those of all.
func (l *Limiter) limits(names ...string) limits {
	for _, name := range names {
		if q, ok := l.options.override(name); ok {
			return q.limits(l.options.Window)
		}
	}
	return l.options.Quota.limits(l.options.Window)
}

// shortName is how much of a name is enough to mean it.
const shortName = 8

// override is the quota for that name: by all of it, else by the longest
// beginning.
func (o *Options) override(name string) (Quota, bool) {
	if len(o.Overrides) == 0 {
		return Quota{}, false
	}
	for n := len(name); n >= min(shortName, len(name)); n-- {
		if q, ok := o.Overrides[name[:n]]; ok {
			return q, true
		}
	}
	return Quota{}, false
}

// names are all that c goes by.
func (c *connection) names() []string { return append([]string{c.name}, c.aliases...) }

// setLimits gives c the limits of its names, if they changed.
func (l *Limiter) setLimits(c *connection, now instant) {
	limits := l.limits(c.names()...)
	if limits == c.full {
		return
	}
	c.full, c.limits = limits, limits
	if c.tab != nil && c.tab.alone {
		c.narrow(now)
	}
	c.bucket.resize(now, c.pace(now), c.limits.burst)
	c.moves++
	c.settled = min(c.settled, now) // a hold that stands has to empty it anew
}

// peek is the connection of that name, or what it would be.
func (l *Limiter) peek(name string, now instant) *connection {
	c := l.connections[name]
	if c == nil {
		if id, ok := l.identities.Peek(name); ok {
			c = l.connections[id.connection]
		}
	}
	if c == nil {
		c = l.newConnection(name)
		if id, ok := l.identities.Peek(name); ok {
			c.workspace = l.workspaces[id.workspace]
		}
	}
	c.settle(now)
	return c
}

// touch makes c the newest of the list by last use.
func (l *Limiter) touch(c *connection, now instant) {
	c.used = now
	if l.newest == c {
		return
	}
	l.unlink(c)
	c.older = l.newest
	if l.newest != nil {
		l.newest.newer = c
	}
	l.newest = c
	if l.oldest == nil {
		l.oldest = c
	}
}

func (l *Limiter) unlink(c *connection) {
	if c.newer != nil {
		c.newer.older = c.older
	}
	if c.older != nil {
		c.older.newer = c.newer
	}
	if l.newest == c {
		l.newest = c.older
	}
	if l.oldest == c {
		l.oldest = c.newer
	}
	c.newer, c.older = nil, nil
}

// forgetIdle forgets connections that nobody used for a while and whose
// budgets are whole again. It looks at a few each time, so that nobody waits
// for the cleaning and it still gets ahead.
func (l *Limiter) forgetIdle(now instant) {
	for range 2 {
		c := l.oldest
		if c == nil || now-c.used < l.span {
			return
		}
		if !c.isAsNew(now) {
			l.touch(c, now)
			continue
		}
		l.drop(c)
	}
}

// drop forgets the connection.
func (l *Limiter) drop(c *connection) {
	l.unlink(c)
	l.leaveWorkspace(c)
	delete(l.connections, c.name)
	for _, alias := range c.aliases {
		delete(l.connections, alias)
	}
}
