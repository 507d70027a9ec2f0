package notiontest

import (
	"strings"
	"time"
)

// enter checks the call when it arrives, which is also when it costs budget,
// however long it then takes.
func (c *call) enter() {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	c.n.settle(c.now)
	c.entered, c.refused = true, c.admit()
}

// carryOut does what the call asks for.
func (c *call) carryOut() (object, error) {
	if !c.entered {
		c.enter()
	}
	if c.refused != nil {
		return nil, c.refused
	}
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	c.now = time.Now() // a delay may have passed since it arrived
	c.n.settle(c.now)
	return c.op.do(c)
}

// admit checks a call in the order in which Notion does.
func (c *call) admit() error {
	if c.op == nil {
		return badURL()
	}
	if err := c.identify(); err != nil {
		return err
	}
	v, err := parseVersion(c.r.Header.Get("Notion-Version"))
	if err != nil {
		return err
	}
	c.version = v
	if err := checkBeta(c.r.Header.Get("Notion-Beta")); err != nil {
		return err
	}
	if !c.op.isIn(v) {
		return badURL()
	}
	if c.conn != nil {
		if p := c.n.spend(c.conn, c.op, c.now); p != nil {
			return p
		}
		c.n.log.amend(c.record, func(rec *Call) { rec.Counted = true })
		if !c.conn.may(c.op.need) {
			return c.conn.restricted()
		}
	}
	return c.bodyErr
}

// identify finds the connection of the token.
func (c *call) identify() error {
	scheme, bearer, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if c.op.how == secret {
		return c.identifyClient()
	}
	t := c.n.tokens[strings.TrimSpace(bearer)]
	if t == nil || t.revoked || !strings.EqualFold(scheme, "Bearer") {
		return unauthorized()
	}
	c.conn = t.conn
	return nil
}
