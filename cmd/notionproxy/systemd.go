package main

import (
	"fmt"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
)

// tellSystemd says to the service manager where the program stands
// (sd_notify(3)): Type=notify waits for READY=1 before what depends on the
// proxy is started. Without a service manager it does nothing.
func tellSystemd(log *zap.Logger, states ...string) {
	for _, state := range states {
		if _, err := daemon.SdNotify(false, state); err != nil {
			log.Warn("telling the service manager", zap.Error(err))
			return
		}
	}
}

// stopsWithin asks the service manager for as long as the shutdown may take.
func stopsWithin(d time.Duration) string {
	return fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", d.Microseconds())
}
