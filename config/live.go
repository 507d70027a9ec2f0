package config

import "reflect"

// Live returns next with the keys that are read at the start only as now has
// them, and lists those of them that differ.
func Live(now, next Config) (live Config, later []string) {
	was, fields := fieldsOf(&now), fieldsOf(&next)
	for i, f := range fields {
		if f.isLive() || reflect.DeepEqual(f.value.Interface(), was[i].value.Interface()) {
			continue
		}
		f.value.Set(was[i].value)
		later = append(later, f.key)
	}
	return next, later
}

// StartKeys lists the keys that are read at the start only, but for secrets.
func StartKeys() []string {
	c := Default()
	var keys []string
	for _, f := range fieldsOf(&c) {
		if !f.isLive() && f.secretFrom() == "" {
			keys = append(keys, f.key)
		}
	}
	return keys
}

func (f field) isLive() bool { return f.tag.Get("live") == "yes" }
