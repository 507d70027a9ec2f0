package main

import (
	"context"
	"os"
	"time"

	"go.uber.org/zap"
)

// A reloader is something that was read from files which may change.
type reloader interface {
	// name is how settings call it.
	name() string

	// reload reads the files anew. It reports whether something changed; on an
	// error what was there before stays in use.
	reload() (changed bool, err error)
}

// watchEvery is how soon a changed file is noticed. Contents are compared, not
// notifications awaited: those miss the swapped symlinks of a ConfigMap and
// files that were bound into a container one by one.
const watchEvery = 2 * time.Second

// watch reloads all of them again and again, and at once after a signal on
// hup, until ctx ends. What changed and what is wrong is logged, once each.
func watch(ctx context.Context, log *zap.Logger, hup <-chan os.Signal, all []reloader) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	wrong := make(map[string]string)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			clear(wrong) // whoever sent it wants to hear again what is wrong
		case <-tick.C:
		}
		for _, r := range all {
			report(log, wrong, r)
		}
	}
}

// report reloads r and logs what came of it, unless it is what came of it the
// last time too.
func report(log *zap.Logger, wrong map[string]string, r reloader) {
	changed, err := r.reload()
	switch {
	case err != nil && wrong[r.name()] != err.Error():
		wrong[r.name()] = err.Error()
		log.Error("keeping what was read before", zap.String("setting", r.name()), zap.Error(err))
	case err == nil:
		delete(wrong, r.name())
	}
	if changed {
		log.Info("read anew", zap.String("setting", r.name()))
	}
}
