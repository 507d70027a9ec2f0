package notiontest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"time"
)

// urlLife is how long a signed file URL lives.
const urlLife = time.Hour

// A stored file is kept as {"type":"file","name":…,"file":{"id":…}} and gets its
// URL anew in every answer, with the time of that answer.
func storedFile(id, name string) object {
	return object{{"type", "file"}, {"file", object{{"id", id}, {"name", name}}}}
}

// signedURL is what Notion hands out for a file that it stores: an S3 URL that
// was signed now and lives for an hour.
func (n *Notion) signedURL(ws *workspace, fileID, name string, now time.Time) object {
	at := now.UTC().Truncate(time.Second)
	stamp := at.Format("20060102T150405Z")
	sum := sha256.Sum256([]byte(fileID + stamp))
	q := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD" +
		"&X-Amz-Credential=ASIAZI2LB466EXAMPLE%2F" + at.Format("20060102") + "%2Fus-west-2%2Fs3%2Faws4_request" +
		"&X-Amz-Date=" + stamp + "&X-Amz-Expires=3600&X-Amz-Security-Token=" + hex.EncodeToString(sum[:8]) +
		"&X-Amz-Signature=" + hex.EncodeToString(sum[:]) + "&X-Amz-SignedHeaders=host&x-amz-checksum-mode=ENABLED&x-id=GetObject"
	return object{
		{"url", "https://prod-files-secure.s3.us-west-2.amazonaws.com/" + ws.id + "/" + fileID + "/" + url.PathEscape(name) + "?" + q},
		{"expiry_time", milli(now.Add(urlLife))},
	}
}

// signed replaces a stored file by what an answer shows of it.
func (n *Notion) signed(ws *workspace, v any, now time.Time) any {
	o, ok := v.(object)
	if !ok || o.text("type") != "file" {
		return v
	}
	f := o.object("file")
	return o.with("file", n.signedURL(ws, f.text("id"), f.text("name"), now))
}

func (n *Notion) signedFiles(ws *workspace, l []any, now time.Time) []any {
	out := make([]any, len(l))
	for i, v := range l {
		out[i] = n.signed(ws, v, now)
	}
	return out
}

// readFile reads a file of a request: an external link, an upload, or a stored
// one handed back. Uploads must have been sent.
func (c *call) readFile(where string, o object) (object, error) {
	named := func(f object, name string) object {
		if given := o.text("name"); given != "" {
			name = given
		}
		return append(object{{"name", name}}, f...)
	}
	switch {
	case o.has("external"):
		link := o.object("external").text("url")
		return named(object{{"type", "external"}, {"external", object{{"url", link}}}}, link), nil
	case o.has("file_upload"):
		u, err := c.attach(where, o.object("file_upload").at("id"))
		if err != nil {
			return nil, err
		}
		return named(storedFile(u.id, u.filename), u.filename), nil
	case o.has("file"):
		return named(c.handedBack(o.object("file").text("url")), "file"), nil
	}
	return nil, mustBe(where+".file_upload", "defined", undefined{})
}

// handedBack recognises a signed URL of ours, so that a client that writes back
// what it read does not lose the file.
func (c *call) handedBack(link string) object {
	u, err := url.Parse(link)
	if err == nil {
		if parts := splitPath(u.Path); len(parts) == 3 {
			return storedFile(parts[1], parts[2])
		}
	}
	return storedFile(c.n.made.uuid(), "file")
}

// readIcon reads an icon or a cover; null removes it.
func (c *call) readIcon(where string, v any) (any, error) {
	o, ok := v.(object)
	switch {
	case v == nil:
		return nil, nil
	case !ok:
		return nil, mustBe(where, "an object", v)
	case o.has("emoji"):
		return object{{"type", "emoji"}, {"emoji", o.at("emoji")}}, nil
	case o.has("custom_emoji"):
		return object{{"type", "custom_emoji"}, {"custom_emoji", o.at("custom_emoji")}}, nil
	case o.has("icon"):
		return object{{"type", "icon"}, {"icon", o.at("icon")}}, nil
	}
	f, err := c.readFile(where, o)
	if err != nil {
		return nil, err
	}
	return f.without("name"), nil
}
