package notiontest

import "time"

// relativeDates are the dates that a filter may name by word (2026-03-30).
var relativeDates = map[string]func(today time.Time) time.Time{
	"today":              func(t time.Time) time.Time { return t },
	"tomorrow":           func(t time.Time) time.Time { return t.AddDate(0, 0, 1) },
	"yesterday":          func(t time.Time) time.Time { return t.AddDate(0, 0, -1) },
	"one_week_ago":       func(t time.Time) time.Time { return t.AddDate(0, 0, -7) },
	"one_week_from_now":  func(t time.Time) time.Time { return t.AddDate(0, 0, 7) },
	"one_month_ago":      func(t time.Time) time.Time { return t.AddDate(0, -1, 0) },
	"one_month_from_now": func(t time.Time) time.Time { return t.AddDate(0, 1, 0) },
}

// dateSpans are conditions that name a stretch of days around today, both ends
// included.
var dateSpans = map[string]func(today time.Time) (from, to time.Time){
	"past_week":  func(t time.Time) (time.Time, time.Time) { return t.AddDate(0, 0, -7), t },
	"past_month": func(t time.Time) (time.Time, time.Time) { return t.AddDate(0, -1, 0), t },
	"past_year":  func(t time.Time) (time.Time, time.Time) { return t.AddDate(-1, 0, 0), t },
	"next_week":  func(t time.Time) (time.Time, time.Time) { return t, t.AddDate(0, 0, 7) },
	"next_month": func(t time.Time) (time.Time, time.Time) { return t, t.AddDate(0, 1, 0) },
	"next_year":  func(t time.Time) (time.Time, time.Time) { return t, t.AddDate(1, 0, 0) },
	"this_week": func(t time.Time) (time.Time, time.Time) {
		monday := t.AddDate(0, 0, -int(t.Weekday()+6)%7)
		return monday, monday.AddDate(0, 0, 6)
	},
}

// dateComparisons compare a value with a wanted date: -1, 0 or 1.
var dateComparisons = map[string]func(d int) bool{
	"equals":         func(d int) bool { return d == 0 },
	"does_not_equal": func(d int) bool { return d != 0 },
	"before":         func(d int) bool { return d < 0 },
	"after":          func(d int) bool { return d > 0 },
	"on_or_before":   func(d int) bool { return d <= 0 },
	"on_or_after":    func(d int) bool { return d >= 0 },
}

// dateTest reads a condition on a date. Relative ones count from the day of
// the call, in UTC: the same filter matches other rows tomorrow.
func (c *call) dateTest(where string, cond object) (test, error) {
	all := make([]test, 0, len(cond))
	for _, m := range cond {
		t, err := c.dateCondition(where+"."+m.key, m.key, m.value)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return func(v any) bool {
		for _, t := range all {
			if !t(v) {
				return false
			}
		}
		return true
	}, nil
}

func (c *call) dateCondition(where, op string, v any) (test, error) {
	today := c.now.UTC().Truncate(24 * time.Hour)
	if op == "is_empty" || op == "is_not_empty" {
		return operators["existence"][op](v), nil
	}
	if span, ok := dateSpans[op]; ok {
		from, to := span(today)
		return func(v any) bool {
			at, _, ok := parseDate(textOf(v))
			day := at.UTC().Truncate(24 * time.Hour)
			return ok && !day.Before(from) && !day.After(to)
		}, nil
	}
	holds, ok := dateComparisons[op]
	if !ok {
		return nil, invalid("body failed validation: %s is not a condition of a date filter.", where)
	}
	s, _ := v.(string)
	want, whole, valid := parseDate(s)
	if relative, ok := relativeDates[s]; ok {
		want, whole, valid = relative(today), true, true
	}
	if !valid {
		return nil, mustBe(where, "a valid ISO 8601 date string", v)
	}
	return func(v any) bool {
		at, _, ok := parseDate(textOf(v))
		if whole {
			at = at.UTC().Truncate(24 * time.Hour)
		}
		return ok && holds(at.Compare(want))
	}, nil
}
