package config

import "reflect"

// Live returns next with the keys that are read at the start only as now has
// them. It lists what differs: the keys that it took, and those that have to
// wait.
func Live(now, next Config) (live Config, taken, later []string) {
	was, fields := fieldsOf(&now), fieldsOf(&next)
	for i, f := range fields {
		switch {
		case reflect.DeepEqual(f.value.Interface(), was[i].value.Interface()):
		case f.isLive():
			taken = append(taken, f.key)
		default:
			f.value.Set(was[i].value)
			later = append(later, f.key)
		}
	}
	return next, taken, later
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
