package disk

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/cache"
	"notionproxy/notion"
)

// A place says that drops are here: it must not outlive them.
func TestPlace_isKeptWithTheDropsBeforeIt(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	assert.Empty(t, d.Place(), "nobody has said")
	r := recordOf(t, alice, "Plans", tag(1))
	d.Save(r, alice)
	d.flush(false)
	d.KeepPlace("one")
	assert.Equal(t, "one", d.Place())
	d.flush(false)
	w.crash(d)

	d = w.open()
	assert.Equal(t, "one", d.Place(), "after a crash")
	assert.Zero(t, d.LastWrite(), "and that was no write")
	d.Drop(drop(bob, true, tag(1)))
	d.KeepPlace("two")
	w.crash(d)

	d = w.open()
	assert.Equal(t, "one", d.Place(), "neither is on the disk")
	w.assertKept(d, r, false, "neither is on the disk")
	d.Drop(drop(bob, true, tag(1)))
	d.KeepPlace("two")
	d.Settle(context.Background())
	w.crash(d)

	for range 2 {
		d = w.open()
		assert.Equal(t, "two", d.Place(), "both are")
		w.assertGone(d, r, "both are")
		d.Close()
	}
}

func TestPlace_isInALogThatWasWrittenAnew(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	d.KeepPlace("one")
	d.flush(false)
	tags := make([]notion.Tag, 1000)
	for d.current().log.generation == 1 {
		d.Drop(drop(alice, true, tags...))
		d.flush(false)
	}
	w.crash(d)
	d = w.open()
	assert.Equal(t, "one", d.Place())
}

// Nothing that a new file has was kept before its place.
func TestPlace_isSaidAgainInANewFile(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	d.KeepPlace("one")
	d.flush(false)
	d.turnOff(d.current(), errSlow)
	w.waitForEnd(d)
	d.turnOn()
	d.flush(false)
	w.crash(d)
	d = w.open()
	assert.Equal(t, "one", d.Place())
}

// What an earlier process had heard is not for what it kept later.
func TestDrop_thatIsKnownIsNotNoted(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	r := recordOf(t, alice, "Plans", tag(1))
	d.Save(r, alice)
	known := drop(bob, true, tag(1))
	known.Heard, known.Known = true, true
	d.Drop(known)
	d.Drop(cache.Drop{Reach: cache.Everyone, Heard: true, Known: true})
	w.assertKept(d, r, false, "what it is about was kept after it")
}
