package redistest

import (
	"os"
	"path/filepath"
)

// Dump is everything that the server holds, in its own format, uncompressed.
func (s *Server) Dump() []byte {
	s.t.Helper()
	if word := s.Say("SAVE"); word != "+OK" {
		s.t.Fatal("saving the dump: ", word)
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "dump.rdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(s.dir, "dump.rdb")) // it would be loaded at the next start
	return b
}
