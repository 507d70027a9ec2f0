package config

import (
	"regexp"
	"slices"
	"strings"
)

// notOurs are the variables that Kubernetes sets in every pod for a Service
// called notionproxy, or notionproxy-something. Taken for misspelt settings
// they would keep the program from starting because somebody named a Service.
var notOurs = regexp.MustCompile(`^NOTIONPROXY(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// others begin like settings and mean something else: the settings file, and
// the switch of our own tests that turns skips into failures.
var others = []string{configVariable, prefix + "REQUIRE_ALL"}

const configVariable = prefix + "CONFIG"

// environ picks the settings out of the environment. A variable that is empty
// counts as not set, since many tools cannot leave one out.
func (r *reader) environ(env []string) []Setting {
	var all []Setting
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if key, ok := r.setting(name); ok && value != "" {
			all = append(all, Setting{key, value, name})
		}
	}
	return all
}

// setting is the key that the variable name stands for. A name that looks like
// one of ours and is none is a problem: it is a setting that would not work.
func (r *reader) setting(name string) (string, bool) {
	for _, f := range r.fields {
		if name == f.secretFrom() || (f.secretFrom() == "" && name == f.variable()) {
			return f.key, true
		}
	}
	switch {
	case !strings.HasPrefix(name, prefix), notOurs.MatchString(name), slices.Contains(others, name):
	case name == prefix+"NOTION_TOKEN":
		r.problem("%s is not read; set NOTION_TOKEN", name)
	default:
		r.unknown(name, "environment")
	}
	return "", false
}
