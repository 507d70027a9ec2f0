package triage

import "time"

// news are what happened between two Evidences, for timelines.
func news(before, now *Evidence) (list []TimelineEntry) {
	tell := func(k Kind, format string, args ...any) {
		list = append(list, TimelineEntry{now.At, k, sentence(format, args...)})
	}
	was, is := before.Windows[0], now.Windows[0]
	if n, m := sum64(is.Details, leftAlone), sum64(was.Details, leftAlone); n > 0 && m == 0 {
		tell(BreakerOpened, "Notion fails so much that it is left alone, but for a probe every 30 seconds")
	} else if n == 0 && m > 0 {
		tell(BreakerClosed, "Notion is asked as always again")
	}
	if n, m := sum64(is.Reasons, ordered(is.Reasons)), sum64(was.Reasons, ordered(was.Reasons)); n > 0 && m == 0 {
		tell(HoldBegan, "Notion answered 429: calls are held until the time that it names")
	}
	if is.Trouble > 0 && was.Trouble == 0 {
		tell(FallbackBegan, "Stored answers are served in place of Notion's")
	}
	list = append(list, claimNews(before, now)...)
	for _, c := range now.Connections {
		if isRefused(c, now.At) && !wasRefused(before, c.Name) {
			list = append(list, TimelineEntry{c.RefusedOn, TokenRefused, sentence("Notion refuses the token of connection %s", c.Name)})
		}
	}
	for i := len(now.Drift) - 1; i >= 0; i-- {
		if e := now.Drift[i]; e.Seen.After(before.At) {
			list = append(list, TimelineEntry{e.Seen, SchemaDrifted, "Data source " + e.DataSource + ": " + e.Text})
		}
	}
	if before.ServeStale != now.ServeStale && before.ServeStale != "" {
		tell(ModeChanged, "Stored answers are now served: %s", now.ServeStale)
	}
	return list
}

// claimNews is what Notion's status page began or ceased to say.
func claimNews(before, now *Evidence) []TimelineEntry {
	switch was, is := before.Claims.Verdict, now.Claims.Verdict; {
	case is == "incident" && was != "incident":
		text := "Notion's status page tells of an incident"
		if now.Claims.LagS != nil && *now.Claims.LagS > 0 {
			text += ", " + span(time.Duration(*now.Claims.LagS*float64(time.Second))) + " after our first failure"
		}
		return []TimelineEntry{{now.At, NotionSaid, text + "."}}
	case was == "incident" && is == "clear":
		return []TimelineEntry{{now.At, NotionSaid, "Notion's status page says that all is well."}}
	case was == "incident" && is != "incident":
		return []TimelineEntry{{now.At, NotionSaid, "Notion's status page cannot be read any more."}}
	}
	return nil
}

func wasRefused(e *Evidence, name string) bool {
	for _, c := range e.Connections {
		if c.Name == name {
			return isRefused(c, e.At)
		}
	}
	return false
}
