package config

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseBytes_readsUnits(t *testing.T) {
	for text, want := range map[string]Bytes{
		"0":                   0,
		"512":                 512,
		"512B":                512,
		"64KiB":               65536,
		"64kib":               65536,
		"8 MiB":               8388608,
		"1GiB":                1073741824,
		"1TiB":                1099511627776,
		"1KB":                 1000,
		"5MB":                 5000000,
		"2GB":                 2000000000,
		"9223372036854775807": math.MaxInt64,
	} {
		got, err := ParseBytes(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseBytes_refusesWhatIsNoSize(t *testing.T) {
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "1M", "1 PiB", "0x10", "1e6", "8388608TiB", "9223372036854775808", "1MiBB"} {
		_, err := ParseBytes(text)
		assert.Error(t, err, text)
	}
}

func TestBytes_writesWhatItReads(t *testing.T) {
	for b, want := range map[Bytes]string{0: "0", 1: "1", 1000: "1000", 1024: "1KiB", 1536: "1536", 256 << 20: "256MiB", 1 << 40: "1TiB"} {
		assert.Equal(t, want, b.String())
		got, err := ParseBytes(b.String())
		assert.NoError(t, err)
		assert.Equal(t, b, got)
	}
}
