package metrics

func (m *Metrics) addStore(read func() Store) {
	if read == nil {
		return
	}
	m.state(func(set set) { setStore(set, read()) },
		Entry{Name: "notionproxy_cache_entries", Kind: Gauge, Help: "Answers that are stored in memory."},
		Entry{Name: "notionproxy_cache_chains", Kind: Gauge, Help: "Entries among them that have more than one page."},
		Entry{Name: "notionproxy_cache_bytes", Kind: Gauge, Unit: "bytes", Help: "What they take, overhead counted."},
		Entry{Name: "notionproxy_cache_limit_bytes", Kind: Gauge, Unit: "bytes", Help: "What they may take: `cache.size`."},
		Entry{
			Name: "notionproxy_cache_removed_total", Kind: Counter, Labels: []Label{{Name: "cause", Values: causes}},
			Help: "Entries that were removed: for others when memory was full (evicted), since a write made them stale (write), since Notion refused them to the token (refusal), past their keep time (expired), or by an operator (purged).",
		},
	)
}

// causes are why entries go.
var causes = []string{"evicted", "write", "refusal", "expired", "purged"}

func setStore(set set, s Store) {
	set("notionproxy_cache_entries", float64(s.Entries))
	set("notionproxy_cache_chains", float64(s.Chains))
	set("notionproxy_cache_bytes", float64(s.Bytes))
	set("notionproxy_cache_limit_bytes", float64(s.MaxBytes))
	for i, n := range []int64{s.Evicted, s.DroppedByWrite, s.DroppedByRefusal, s.Expired, s.Purged} {
		set("notionproxy_cache_removed_total", float64(n), causes[i])
	}
}

func (m *Metrics) addDisk(read func() Disk) {
	if read == nil {
		return
	}
	const needs = "`cache.dir`"
	m.state(func(set set) {
		d := read()
		set("notionproxy_disk_on", truth(d.On))
		set("notionproxy_disk_bytes", float64(d.Bytes))
		set("notionproxy_disk_limit_bytes", float64(d.MaxBytes))
	},
		Entry{Name: "notionproxy_disk_on", Kind: Gauge, Needs: needs, Help: "1 while the directory can be used, else 0: entries are in memory alone then."},
		Entry{Name: "notionproxy_disk_bytes", Kind: Gauge, Unit: "bytes", Needs: needs, Help: "What is kept there takes."},
		Entry{Name: "notionproxy_disk_limit_bytes", Kind: Gauge, Unit: "bytes", Needs: needs, Help: "What it may take."},
	)
}

func (m *Metrics) addShared(read func() Shared) {
	if read == nil {
		return
	}
	const needs = "`redis.url`"
	m.state(func(set set) {
		s := read()
		set("notionproxy_shared_up", truth(s.Up))
		set("notionproxy_shared_replicas", float64(s.Live))
		set("notionproxy_shared_missing_replicas", float64(s.Missing))
		set("notionproxy_shared_commands_total", float64(s.Commands))
		set("notionproxy_shared_errors_total", float64(s.Errors))
		set("notionproxy_shared_hits_total", float64(s.Hits))
		set("notionproxy_shared_lent_total", float64(s.Lent))
		set("notionproxy_shared_command_seconds", s.Took.Seconds())
		set("notionproxy_shared_news_age_seconds", s.Behind.Seconds())
	},
		Entry{Name: "notionproxy_shared_up", Kind: Gauge, Needs: needs, Help: "1 while Redis or Valkey answers in time, else 0: each replica then goes on alone."},
		Entry{Name: "notionproxy_shared_replicas", Kind: Gauge, Needs: needs, Help: "Replicas that are there, this one included."},
		Entry{Name: "notionproxy_shared_missing_replicas", Kind: Gauge, Needs: needs, Help: "Replicas that were there and may be spending their part of the budget alone."},
		Entry{Name: "notionproxy_shared_commands_total", Kind: Counter, Needs: needs, Help: "Commands that it was asked, those excepted with which replicas listen to each other."},
		Entry{Name: "notionproxy_shared_errors_total", Kind: Counter, Needs: needs, Help: "Commands that failed or took too long."},
		Entry{Name: "notionproxy_shared_hits_total", Kind: Counter, Needs: needs, Help: "Entries that were found there and not in memory."},
		Entry{Name: "notionproxy_shared_lent_total", Kind: Counter, Needs: needs, Help: "Calls to Notion that were lent from the common budget."},
		Entry{Name: "notionproxy_shared_command_seconds", Kind: Gauge, Unit: "seconds", Needs: needs, Help: "How long the last command took that did not fail."},
		Entry{Name: "notionproxy_shared_news_age_seconds", Kind: Gauge, Unit: "seconds", Needs: needs, Help: "How long ago there was news of the other replicas, or word that there are none."},
	)
}

func (m *Metrics) addWebhook(read func() Webhook) {
	if read == nil {
		return
	}
	const needs = "the webhook listener"
	m.state(func(set set) {
		w := read()
		set("notionproxy_webhook_events_total", float64(w.Events))
		set("notionproxy_webhook_rejected_total", float64(w.Rejected))
		set("notionproxy_webhook_dropped_entries_total", float64(w.Dropped))
		set("notionproxy_webhook_lag_seconds", w.Lag.Seconds())
		set("notionproxy_webhook_last_timestamp_seconds", unix(w.Last))
	},
		Entry{Name: "notionproxy_webhook_events_total", Kind: Counter, Needs: needs, Help: "Events of Notion's that were taken."},
		Entry{Name: "notionproxy_webhook_rejected_total", Kind: Counter, Needs: needs, Help: "Requests that were none: a wrong signature, or no sense."},
		Entry{Name: "notionproxy_webhook_dropped_entries_total", Kind: Counter, Needs: needs, Help: "Entries that events made stale."},
		Entry{Name: "notionproxy_webhook_lag_seconds", Kind: Gauge, Unit: "seconds", Needs: needs, Help: "How long after what it tells of the last event came."},
		Entry{Name: "notionproxy_webhook_last_timestamp_seconds", Kind: Gauge, Unit: "timestamp", Needs: needs, Help: "When the last event came; 0 if none has."},
	)
}
