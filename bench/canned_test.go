package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

func TestShapes_areReadsThatAreStored(t *testing.T) {
	for i, s := range shapes {
		path, _, _ := strings.Cut(fmt.Sprintf(s.path, question{shape: i}.id()), "?")
		op := notion.Classify(s.method, path).Op
		assert.True(t, op.Stored(), "%s %s is %s", s.method, path, op.Name)
	}
}

func TestPantry_isWhatNotionAnswers(t *testing.T) {
	p := pantryOnce()
	for i, s := range shapes {
		for n := range uint64(variants) {
			plain := p.answer(question{shape: i, number: n})
			_, err := notion.Inspect(plain)
			require.NoError(t, err, s.path)
			assert.InEpsilon(t, s.bytes, len(plain), 0.1, s.path)

			packed := p.answer(question{shape: i, packed: true, number: n})
			assert.Equal(t, plain, unpacked(t, packed), s.path)
		}
	}
}

func unpacked(t *testing.T, b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	require.NoError(t, err)
	plain, err := io.ReadAll(z)
	require.NoError(t, err)
	return plain
}

func TestPantry_packsAsWellAsNotion(t *testing.T) {
	p := pantryOnce()
	for i, s := range shapes {
		if s.items == 0 {
			continue
		}
		ratio := float64(len(p[i][0].plain)) / float64(len(p[i][0].packed))
		assert.InDelta(t, 6, ratio, 2, "%s of %s", s.size(), s.path)
	}
}
