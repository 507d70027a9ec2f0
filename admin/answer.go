package admin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// A Failure is the body of every answer that is an error.
type Failure struct {
	Error string `json:"error"`
}

func refuse(w http.ResponseWriter, status int, why string) { answer(w, status, Failure{why}) }

// answer writes v as JSON. Names that clients made up are in it: the encoder
// escapes what HTML would take for a tag.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v)
}

// read reads the body into v. It answers and returns false when it is not what
// was wanted: one JSON value and no member that v does not know.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && !errors.Is(d.Decode(new(json.RawMessage)), io.EOF) {
		err = errors.New("there is more than one value")
	}
	var long *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &long):
		refuse(w, http.StatusRequestEntityTooLarge, "the body is longer than "+strconv.Itoa(maxBody)+" bytes")
	case errors.Is(err, io.EOF):
		refuse(w, http.StatusBadRequest, "the body is empty; GET / shows what it may hold")
	default:
		refuse(w, http.StatusBadRequest, "reading the body: "+err.Error())
	}
	return false
}

// longestProfile is how many seconds a profile may take.
const longestProfile = 60

// atMost refuses a profile that takes longer than so many seconds.
func atMost(seconds int, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if text := r.URL.Query().Get("seconds"); text != "" {
			if n, err := strconv.Atoi(text); err != nil || n < 1 || n > seconds {
				refuse(w, http.StatusBadRequest, "seconds must be 1 to "+strconv.Itoa(seconds))
				return
			}
		}
		next(w, r)
	}
}

// Server serves h with every limit set. Profiles set their own time for
// writing.
func Server(h http.Handler) *http.Server {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		Protocols:         p,

		DisableGeneralOptionsHandler: true,
	}
}
