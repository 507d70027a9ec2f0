package limiter

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// The window against a plain list of instants.
func TestWindow_isAListOfTheLastMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		var list []instant
		now := instant(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 4).Draw(t, "seconds")) * time.Second
			w.expire(now)
			list = slices.DeleteFunc(list, func(at instant) bool { return at <= now-span })
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				then := now - time.Duration(rapid.IntRange(0, 10).Draw(t, "ago"))*time.Second
				w.remove(then)
				if i := slices.Index(list, then); i >= 0 {
					list = slices.Delete(list, i, i+1)
				}
			case 1:
				other := window{}
				more := rapid.SliceOfN(rapid.IntRange(0, 60), 0, 5).Draw(t, "others")
				slices.Sort(more)
				slices.Reverse(more)
				for _, ago := range more {
					other.add(now - time.Duration(ago)*time.Second)
					list = append(list, now-time.Duration(ago)*time.Second)
				}
				slices.Sort(list)
				w.merge(&other)
			default:
				w.add(now)
				list = append(list, now)
			}
			compare(t, &w, list, now)
		}
	})
}

func compare(t *rapid.T, w *window, list []instant, now instant) {
	var got []instant
	for i := range w.n {
		got = append(got, w.at(i))
	}
	if !slices.Equal(list, got) {
		t.Fatalf("window %v, want %v", got, list)
	}
	most := rapid.IntRange(1, 20).Draw(t, "most")
	want := instant(0)
	if len(list) >= most {
		want = list[len(list)-most] + span
	}
	assert.Equal(t, want, w.opens(most))

	then := now - 10*time.Second
	assert.Equal(t, len(slices.DeleteFunc(slices.Clone(list), func(at instant) bool { return at < then })), w.since(then))
}

func TestWindow_ofFewCallsIsSmall(t *testing.T) {
	var w window
	for i := range 1000 {
		now := instant(i) * 30 * time.Second
		w.expire(now)
		w.add(now)
	}
	assert.Len(t, w.ring, 4)
}
