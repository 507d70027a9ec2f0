package notiontest

import (
	"errors"
	"io"
	"net/http"
)

// A sentFile is what a multipart request brought. Its bytes are counted and
// dropped.
type sentFile struct {
	filename, contentType string
	bytes                 int64
	part                  string
	seen                  bool
}

func readMultipart(r *http.Request) (*sentFile, error) {
	mr, err := r.MultipartReader()
	if err != nil {
		return nil, invalid("body failed validation: body.file should be defined, instead was `undefined`.")
	}
	f := &sentFile{}
	for {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, invalid("body failed validation: the multipart body ends early.")
		}
		switch p.FormName() {
		case "file":
			f.seen, f.filename, f.contentType = true, p.FileName(), p.Header.Get("Content-Type")
			if f.bytes, err = io.Copy(io.Discard, p); err != nil {
				return nil, invalid("body failed validation: the multipart body ends early.")
			}
		case "part_number":
			data, _ := io.ReadAll(io.LimitReader(p, 16))
			f.part = string(data)
		}
	}
}
