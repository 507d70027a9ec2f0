package notiontest

import (
	"strings"
	"time"
)

// carryOut checks the call in the order in which Notion does, then does it.
func (c *call) carryOut() (object, error) {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	c.now = time.Now() // a delay may have passed since it arrived
	c.n.settle(c.now)
	if c.op == nil {
		return nil, badURL()
	}
	if err := c.admit(); err != nil {
		return nil, err
	}
	return c.op.do(c)
}

func (c *call) admit() error {
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
	scheme, secret1, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if c.op.how == secret {
		return c.identifyClient()
	}
	t := c.n.tokens[strings.TrimSpace(secret1)]
	if t == nil || t.revoked || !strings.EqualFold(scheme, "Bearer") {
		return unauthorized()
	}
	c.token, c.conn = t, t.conn
	return nil
}
