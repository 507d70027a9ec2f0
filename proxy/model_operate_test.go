package proxy_test

import "notionproxy/proxy"

// reload has settings read anew, which may change nothing for anybody.
func (m *model) reload() {
	m.tell("settings are read anew")
	m.configure(func(*proxy.Settings) {})
}
