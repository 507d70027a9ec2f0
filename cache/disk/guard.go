package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	bolterrors "go.etcd.io/bbolt/errors"
)

// errDamaged is what guard makes of a panic: bbolt panics on pages that make no
// sense, and the kernel faults the process where the mapped file has shrunk or
// can't be read.
var errDamaged = errors.New("the cache file is damaged")

// guard runs f, and takes a panic in the files for damage.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case runtime.Error:
			err = fmt.Errorf("%w: %w", errDamaged, p)
		default:
			err = errDamaged // bbolt's words name pages, and may be long
		}
	}()
	return f()
}

// isDamage says whether err is about what is in the files, not about the disk
// beneath them.
func isDamage(err error) bool {
	for _, known := range []error{errDamaged, errLog, bolterrors.ErrInvalid, bolterrors.ErrVersionMismatch, bolterrors.ErrChecksum, errForeign} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// reason is an error for people, without the path: they know the directory.
func reason(err error) string {
	var p *fs.PathError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return "another process uses it"
	case errors.Is(err, syscall.ENOSPC):
		return "no space left on the disk"
	case errors.As(err, &p):
		return p.Op + ": " + p.Err.Error()
	}
	return err.Error()
}

// ask has the disk asked, and gives up after a moment: a disk may take minutes
// to answer, or never do.
func ask[T any](ctx context.Context, d *Disk, read func(*file) (T, bool)) (T, bool) {
	var none T
	f := d.current()
	if f == nil {
		return none, false
	}
	select {
	case d.loads <- struct{}{}:
	default: // so many wait already that the disk has stopped
		if time.Since(time.Unix(0, d.heard.Load())) > stuckFor {
			d.turnOff(f, errSlow)
		}
		return none, false
	}
	type answer struct {
		value T
		ok    bool
	}
	answers := make(chan answer, 1)
	go func() {
		defer func() {
			d.heard.Store(time.Now().UnixNano())
			<-d.loads
		}()
		var a answer
		err := guard(func() error {
			a.value, a.ok = read(f)
			return nil
		})
		if err != nil {
			d.turnOff(f, err)
			a.ok = false
		}
		answers <- a
	}()
	t := time.NewTimer(d.o.Patience)
	defer t.Stop()
	select {
	case a := <-answers:
		return a.value, a.ok
	case <-t.C:
	case <-ctx.Done():
	}
	return none, false
}
