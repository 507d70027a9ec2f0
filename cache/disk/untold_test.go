package disk

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
)

// left is what d hands out, in order. Nobody tells it.
func left(d *Disk) (all []string) {
	d.Untold(func(news []byte, _ func()) { all = append(all, string(news)) })
	slices.Sort(all)
	return all
}

// What is untold goes from process to process until it is told, and no longer.
func TestUntold_outlivesAKillUntilItIsTold(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	assert.Empty(t, left(d))
	d.KeepUntold([]byte("one"))
	d.KeepUntold([]byte("two, of no round length"))
	told := d.KeepUntold([]byte("three"))
	d.Settle(context.Background())
	assert.Empty(t, left(d), "it is this process's own matter yet")
	told()
	told()
	d.Settle(context.Background())
	d.KeepUntold([]byte("nobody has settled this"))
	w.crash(d)

	for _, end := range []func(*Disk){w.crash, (*Disk).Close, w.crash} {
		d = w.open()
		assert.Equal(t, []string{"one", "two, of no round length"}, left(d))
		assert.Empty(t, left(d), "each once")
		end(d)
	}

	d = w.open()
	d.Untold(func(news []byte, told func()) {
		if string(news) == "one" {
			told()
		}
	})
	d.Close()
	d = w.open()
	assert.Equal(t, []string{"two, of no round length"}, left(d))
}

// A log that is written anew says what is untold, too, be it this process's or an
// earlier one's.
func TestUntold_isInALogThatWasWrittenAnew(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	d.KeepUntold([]byte("one"))
	d.Close()
	d = w.open()
	d.KeepUntold([]byte("two"))
	before := d.current().log.generation
	for d.current().log.generation == before {
		d.Drop(drop(alice, true, make([]notion.Tag, 1000)...))
		d.flush(false)
	}
	w.crash(d)
	d = w.open()
	assert.Equal(t, []string{"one", "two"}, left(d))
}

// Whatever became of the directory: what is untold by this process is said again
// in a new one, and what another left is not lost with what it kept.
func TestUntold_outlivesTheDirectory(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	d.KeepUntold([]byte("one"))
	told := d.KeepUntold([]byte("two"))
	d.Settle(context.Background())
	d.turnOff(d.current(), errSlow)
	w.waitForEnd(d)
	told()
	d.KeepUntold([]byte("three"))
	d.turnOn()
	d.Settle(context.Background())
	w.crash(d)

	d = w.open()
	assert.Equal(t, []string{"one", "three"}, left(d))
	other := w.open() // which waits for its lock
	other.Drop(drop(bob, true, tag(1)))
	other.KeepUntold([]byte("four"))
	w.crash(d)
	assert.Empty(t, left(other))
	for other.current() == nil {
		other.turnOn()
	}
	assert.Equal(t, []string{"one", "three"}, left(other), "though what is stored there is not to be believed")
	other.Settle(context.Background())
	w.crash(other)
	assert.Equal(t, []string{"four", "one", "three"}, left(w.open()))
}

func TestUntold_endsWithWhatItIsAbout(t *testing.T) {
	now := time.Now()
	events := []event{{kind: untold, intent: 1, at: now.Unix() - 9}, {kind: untold, intent: 2, at: now.Unix()}}
	assert.Equal(t, events[1:], untoldIn(events, now.Add(-time.Second)))
}
