package disk

import (
	"context"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/cache"
	"notionproxy/notion"
)

func TestDropsAreRememberedPastACrash(t *testing.T) {
	for name, c := range map[string]struct {
		drop            cache.Drop
		aliceGone       bool
		aliceSuspect    bool
		bobGone         bool
		bobSuspect      bool
		workspaceOfBoth string
		hers, his       string // bots
	}{
		"a write of hers":                    {drop: drop(alice, true, tag(1)), aliceGone: true, bobGone: true},
		"a write elsewhere":                  {drop: drop(alice, true, tag(9))},
		"maybe a write of hers":              {drop: drop(alice, false, tag(1)), aliceSuspect: true},
		"maybe a write in her workspace":     {drop: inWorkspace(drop(alice, false, tag(1))), aliceSuspect: true, bobSuspect: true, workspaceOfBoth: "w"},
		"maybe a write in another workspace": {drop: inWorkspace(drop("Bearer x", false, tag(1))), workspaceOfBoth: "other"},
		"a write in another workspace":       {drop: inWorkspace(drop("Bearer x", true, tag(1))), workspaceOfBoth: "other"},
		"a write of somebody unknown":        {drop: drop("Bearer x", true, tag(1)), workspaceOfBoth: "w", aliceGone: true, bobGone: true},
		"maybe a write of somebody unknown":  {drop: drop("Bearer x", false, tag(1)), workspaceOfBoth: "w"},
		"her token is refused":               {drop: cache.Drop{Owner: cache.OwnerOf(alice), Reach: cache.Own, Certain: true}, aliceGone: true},
		"she may not see it":                 {drop: cache.Drop{Owner: cache.OwnerOf(alice), Reach: cache.Own, Certain: true, Named: []notion.ID{{7, 7, 7}}}, aliceGone: true},
		"she may not see another":            {drop: cache.Drop{Owner: cache.OwnerOf(alice), Reach: cache.Own, Certain: true, Named: []notion.ID{{8}}}},
		"she may not read content":           {drop: cache.Drop{Owner: cache.OwnerOf(alice), Reach: cache.Own, Certain: true, Named: []notion.ID{{7, 7, 7}}, Capability: "read_content"}, aliceGone: true},
		"she may not read comments":          {drop: cache.Drop{Owner: cache.OwnerOf(alice), Reach: cache.Own, Certain: true, Named: []notion.ID{{7, 7, 7}}, Capability: "read_comments"}},
		"its cursor is dead":                 {drop: cache.Drop{Owner: cache.OwnerOf(alice), Reach: cache.Own, Certain: true, Key: cache.KeyOf(alice, "A")}, aliceGone: true},
		"another's cursor is dead":           {drop: cache.Drop{Owner: cache.OwnerOf(alice), Reach: cache.Own, Certain: true, Key: cache.KeyOf(alice, "B")}},
		"a purge":                            {drop: cache.Drop{Reach: cache.Everyone, Certain: true}, aliceGone: true, bobGone: true},
		"a purge of what she has":            {drop: purge(cache.Selection{Owners: []string{hex.EncodeToString(ownerOf(alice)[:4])}}), aliceGone: true},
		"a purge of an object":               {drop: purge(cache.Selection{Object: tag(2).ID}), aliceGone: true},
		"a purge of a named object":          {drop: purge(cache.Selection{Object: notion.ID{7, 7, 7}}), aliceGone: true, bobGone: true},
		"a purge of another object":          {drop: purge(cache.Selection{Object: notion.ID{8}})},
		"a purge of an operation":            {drop: purge(cache.Selection{Operation: "pages.retrieve"}), aliceGone: true, bobGone: true, workspaceOfBoth: "w"},
		"a purge of another operation":       {drop: purge(cache.Selection{Operation: "search", Object: tag(1).ID})},
		"a purge of an object of hers":       {drop: purge(cache.Selection{Object: tag(1).ID, Owners: []string{hex.EncodeToString(ownerOf(alice))}}), aliceGone: true},
		"a purge of her bot":                 {drop: purge(cache.Selection{Owners: []string{}, Bot: "x"}), hers: "x", his: "y", aliceGone: true},
		"a purge of her bot or him":          {drop: purge(cache.Selection{Owners: []string{hex.EncodeToString(ownerOf(bob))}, Bot: "x"}), hers: "x", his: "y", aliceGone: true, bobGone: true},
		"a purge of what may be her bot":     {drop: purge(cache.Selection{Owners: []string{"ab"}, Bot: "x"}), his: "y", aliceGone: true},
		"a purge of a bot's object":          {drop: purge(cache.Selection{Object: tag(2).ID, Bot: "x"}), hers: "x", his: "x", aliceGone: true},
		"a purge of nobody":                  {drop: purge(cache.Selection{Owners: []string{}})},
		"an event":                           {drop: toldOf(0), aliceGone: true, bobGone: true, workspaceOfBoth: "w"},
		"an event in another workspace":      {drop: toldOf(0), workspaceOfBoth: "other"},
		"an event of just before it":         {drop: toldOf(time.Minute), aliceGone: true, bobGone: true, workspaceOfBoth: "w"},
		"an event of long before it":         {drop: toldOf(5 * time.Minute), workspaceOfBoth: "w"},
		"a doubt":                            {drop: cache.Drop{Reach: cache.Everyone}, aliceSuspect: true, bobSuspect: true, workspaceOfBoth: "w"},
		"a doubt of their workspace":         {drop: inWorkspace(cache.Drop{Reach: cache.Everyone}), aliceSuspect: true, bobSuspect: true, workspaceOfBoth: "w"},
		"a doubt of what may be theirs":      {drop: inWorkspace(cache.Drop{Reach: cache.Everyone}), aliceSuspect: true, bobSuspect: true},
		"a doubt of another workspace":       {drop: inWorkspace(cache.Drop{Reach: cache.Everyone}), workspaceOfBoth: "other"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := w.open()
			a, b := recordOf(t, alice, "A", tag(1), tag(2)), recordOf(t, bob, "B", tag(1))
			op, _ := notion.Named("pages.retrieve")
			if c.drop.Capability == "read_content" {
				c.drop.Capability = op.Capability
			}
			d.Save(a, alice)
			d.Save(b, bob)
			d.flush(false)
			d.Drop(c.drop)
			check := func(when string) {
				for _, x := range []struct {
					r             *cache.Record
					bot           string
					gone, suspect bool
				}{{a, c.hers, c.aliceGone, c.aliceSuspect}, {b, c.his, c.bobGone, c.bobSuspect}} {
					want := wanted(x.r, authorizations[x.r.Owner])
					want.Workspace, want.Bot = c.workspaceOfBoth, x.bot
					got, ok := d.Load(context.Background(), want)
					assert.Equal(t, !x.gone, ok, when)
					if ok {
						assert.Equal(t, x.suspect, got.Suspect, when)
					}
				}
			}
			check("at once")
			d.Settle(context.Background())
			w.crash(d)
			d = w.open()
			check("after a crash")
			w.crash(d)
			d = w.open()
			check("after another")
			d.flush(true)
			again := recordOf(t, alice, "A", tag(1), tag(2))
			d.Save(again, alice)
			d.flush(false)
			w.assertKept(d, again, false, "what was read after that counts")
		})
	}
}

// The file does not tell whose an entry is: a purge of a bot takes no other's out
// of it, nor keeps one from getting there.
func TestDrops_ofABotLeaveTheOthersOnTheDisk(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	a, b := recordOf(t, alice, "A"), recordOf(t, bob, "B")
	kept := func(r *cache.Record, bot string) bool {
		want := wanted(r, authorizations[r.Owner])
		want.Bot = bot
		_, ok := d.Load(context.Background(), want)
		return ok
	}
	d.Save(a, alice)
	d.flush(false)
	d.Save(b, bob)
	d.Drop(purge(cache.Selection{Bot: "x"}))
	d.flush(true)
	assert.True(t, kept(a, "y"))
	assert.True(t, kept(b, "y"))
	assert.False(t, kept(a, "x"))
	assert.False(t, kept(a, ""))
}

func ownerOf(authorization string) []byte {
	o := cache.OwnerOf(authorization)
	return o[:]
}

func purge(which cache.Selection) cache.Drop {
	return cache.Drop{Reach: cache.Everyone, Certain: true, Which: which}
}

// toldOf is the drop for one of Notion's, of what happened that long ago.
func toldOf(ago time.Duration) cache.Drop {
	now := time.Now()
	return cache.Drop{Workspace: "w", Certain: true, Tags: []notion.Tag{tag(1)}, At: now, Changed: now.Add(-ago)}
}

func inWorkspace(d cache.Drop) cache.Drop {
	d.Workspace = "w"
	return d
}
