package notion

import (
	"crypto/sha256"
	"encoding/json"
	"testing"
)

func BenchmarkInspect(b *testing.B) {
	bodies := []struct {
		name string
		body []byte
	}{
		{"page", []byte(rowBody(rowID, sourceID, tableID, relatedID))},
		{"query", queryBody(110)},
	}
	for _, x := range bodies {
		b.Run(x.name, func(b *testing.B) {
			b.SetBytes(int64(len(x.body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Inspect(x.body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(x.name+"_hash_alone", func(b *testing.B) {
			b.SetBytes(int64(len(x.body)))
			for b.Loop() {
				sha256.Sum256(x.body)
			}
		})
		b.Run(x.name+"_json.Valid", func(b *testing.B) {
			b.SetBytes(int64(len(x.body)))
			for b.Loop() {
				json.Valid(x.body)
			}
		})
	}
}

func BenchmarkReadTags(b *testing.B) {
	s, err := Inspect(queryBody(100))
	if err != nil {
		b.Fatal(err)
	}
	m := Classify("POST", "/v1/data_sources/"+sourceID+"/query")
	b.ReportAllocs()
	for b.Loop() {
		ReadTags(m, nil, &s, nil)
	}
}
