package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deadlined notes the deadlines that are set for reading.
type deadlined struct {
	http.ResponseWriter
	set []time.Time
}

func (d *deadlined) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// The first piece of a body that is read at once has the time that it was given
// on arrival; each further one has time of its own, and none is left when all is
// there.
func TestStallReader_givesEachPieceItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &deadlined{ResponseWriter: httptest.NewRecorder()}
		in := &stallReader{
			r: iotest.OneByteReader(strings.NewReader("abc")), control: http.NewResponseController(d), limit: 30 * time.Second, watched: true,
		}
		start := time.Now()
		for range 4 {
			_, err := in.Read(make([]byte, 10))
			if err != io.EOF {
				require.NoError(t, err)
			}
			time.Sleep(20 * time.Second)
		}
		assert.Equal(t, []time.Time{start.Add(50 * time.Second), start.Add(70 * time.Second), start.Add(90 * time.Second), {}}, d.set)
	})
}
