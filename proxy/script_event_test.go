package proxy_test

import (
	"fmt"
	"strings"
	"testing/synctest"
	"time"

	"notionproxy/notion"
)

// event has Notion tell that something happened, as the webhook of alice's bot:
// event page.content_updated $id, and how long ago.
func (s *script) event(rest string) {
	s.start()
	a := append(strings.Fields(rest), "0s")
	sort, _, _ := strings.Cut(a[0], ".")
	body := fmt.Sprintf(`{"id":"e","timestamp":%q,"workspace_id":%q,"integration_id":%q,"type":%q,"entity":{"id":%q,"type":%q},"data":{}}`,
		time.Now().Add(-s.duration(a[2])).Format(time.RFC3339Nano), s.workspaces["home"], s.bots["alice"], a[0], a[1], sort)
	e, err := notion.ParseEvent([]byte(body))
	if err != nil {
		s.fail("%v", err)
		return
	}
	s.proxy.Notice(&e, time.Now())
	synctest.Wait()
}

// announce has the status page announce a maintenance that begins then.
func (s *script) announce(in string) { s.maintenance.Store(time.Now().Add(s.duration(in)).UnixNano()) }
