package main

import (
	"path/filepath"

	"go.uber.org/zap"

	"notionproxy/cache/disk"
	"notionproxy/cache/seal"
	"notionproxy/config"
	"notionproxy/limiter"
	"notionproxy/metrics"
	"notionproxy/proxy"
	"notionproxy/statuspage"
)

// keep is what outlives the process. A nil one is nothing.
type keep struct{ *disk.Disk }

// openKeep opens the cache directory; nil where the settings name none.
func openKeep(cfg config.Config, log *zap.Logger) *keep {
	c := cfg.Cache
	if c.Dir == "" {
		return nil
	}
	if vanishes(c.Dir) {
		log.Warn("cache.dir is not on a volume: what is stored there goes with the container")
	}
	secretFile := c.SecretFile
	if secretFile == "" {
		secretFile = filepath.Join(c.Dir, "secret")
	}
	return &keep{disk.Open(disk.Options{
		Dir: c.Dir, MaxBytes: int64(c.DiskSize), Keep: config.MaxKeep, // which cache.keep may become while it runs
		Secrets: func() (seal.Ring, error) {
			ring, warning, err := seal.ReadOrMake(secretFile)
			if warning != "" {
				log.Warn("cache.secret_file: " + warning)
			}
			return ring, err
		},
		Warn: func(line string) { log.Warn(line) },
	})}
}

// limits has budgets begin empty after a process that did not tell what it
// spent.
func (k *keep) limits(o limiter.Options) limiter.Options {
	o.Unclean = k != nil && k.Unclean()
	return o
}

// lend has the proxy keep what it learns.
func (k *keep) lend(o *proxy.Options) {
	if k != nil {
		o.Cache.Backing, o.Cache.LastWrite, o.Access, o.Statuses = k.Disk, k.LastWrite(), k.Disk, k.Disk
	}
}

// statusPage has what the page said outlive the process.
func (k *keep) statusPage(o statuspage.Options) statuspage.Options {
	if k != nil {
		o.Keeper = k.Disk
	}
	return o
}

// report is what /health tells of the disk.
func (k *keep) report() map[string]any {
	s := k.State()
	return map[string]any{"on": s.On, "bytes": s.Bytes, "why": s.Why}
}

// measured is what Prometheus is told of the disk.
func (k *keep) measured(limit int64) metrics.Disk {
	s := k.State()
	return metrics.Disk{On: s.On, Bytes: s.Bytes, MaxBytes: limit}
}

// close writes what is to be written.
func (k *keep) close() {
	if k != nil {
		k.Close()
	}
}
