package notion

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInspect_agreesWithTheReference builds bodies at random of the words that
// mean something, in places where they do and where they don't.
func TestInspect_agreesWithTheReference(t *testing.T) {
	words := []string{"object", "id", "properties", "Name", "a_id", "expiry_time", "url"}
	for word := range keyMeanings {
		words = append(words, word)
	}
	slices.Sort(words)
	for seed := range uint64(1500) {
		g := generator{rand.New(rand.NewPCG(seed, 3)), words}
		body := []byte(g.object(0))
		s, err := Inspect(body)
		require.NoError(t, err, "seed %d: %s", seed, body)
		compare(t, body, &s)
	}
}

type generator struct {
	*rand.Rand
	words []string
}

func (g generator) object(depth int) string {
	keys := map[string]bool{}
	var members []string
	for range g.IntN(8) {
		key := g.words[g.IntN(len(g.words))]
		if g.IntN(3) == 0 {
			key = []string{"object", "id", "parent", "results"}[g.IntN(4)]
		}
		if !keys[key] {
			keys[key] = true
			members = append(members, g.spell(key)+":"+g.value(key, depth))
		}
	}
	return "{" + strings.Join(members, []string{",", " ,\n"}[g.IntN(2)]) + "}"
}

// spell writes a key, now and then with an escape.
func (g generator) spell(key string) string {
	if g.IntN(10) > 0 {
		return `"` + key + `"`
	}
	n := g.IntN(len(key))
	return fmt.Sprintf(`"%s\u%04x%s"`, key[:n], key[n], key[n+1:])
}

func (g generator) value(key string, depth int) string {
	switch n := g.IntN(10); {
	case n < 5 && (key == "id" || strings.HasSuffix(key, "_id")):
		return `"` + g.id() + `"`
	case n < 5 && key == "object":
		return `"` + []string{"page", "list", "user", "group", "property_item", "file_upload", "database", "data_source", "comment"}[g.IntN(9)] + `"`
	case n < 5 && (key == "parent" || key == "relation" || key == "page" || key == "properties") && depth < 6:
		return g.object(depth + 1)
	case n < 4 && depth < 6:
		return g.object(depth + 1)
	case n < 7 && depth < 6:
		return g.array(key, depth)
	}
	return g.scalar()
}

func (g generator) array(key string, depth int) string {
	elements := make([]string, g.IntN(4))
	for i := range elements {
		elements[i] = g.value(key, depth+1)
	}
	return "[" + strings.Join(elements, ",") + "]"
}

func (g generator) scalar() string {
	switch g.IntN(8) {
	case 0:
		return "true"
	case 1:
		return "null"
	case 2:
		return "-12.5e3"
	case 3:
		return fmt.Sprintf("%q", fmt.Sprintf("2026-06-27T17:%02d:54.110Z", g.IntN(60)))
	case 4:
		return `"` + signedURL("a", fmt.Sprintf("20260627T16%02d54Z", g.IntN(60)), "aa") + `"`
	case 5:
		return strings.NewReplacer("&", `\u0026`, "/", `\/`, "X", `\u0058`).Replace(`"(` + signedURL("a", fmt.Sprintf("20260627T16%02d54Z", g.IntN(60)), "aa") + `).\n<` + signedURL("b", "20260101T000000Z", "aa") + `>"`)
	case 6:
		return []string{`"incomplete"`, `"é\ud83d\ude00"`, `"page_or_data_source"`, `"?X-Amz-Date=1"`}[g.IntN(4)]
	}
	return `"` + g.id() + `"`
}

// id is one of a few, so that they meet.
func (g generator) id() string {
	id := idAt("22222222", 1+g.IntN(9))
	if g.IntN(4) == 0 {
		return strings.ToUpper(strings.ReplaceAll(id, "-", ""))
	}
	return id
}
