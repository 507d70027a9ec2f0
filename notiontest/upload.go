package notiontest

import (
	"fmt"
	"strconv"
	"time"
)

// An upload is a file on its way: to be attached within the hour.
type upload struct {
	id, bot                 string
	filename, contentType   string
	mode, status            string
	created, edited, expiry time.Time
	parts                   map[int]int64 // bytes by part number
	total                   int           // parts, of a multi-part one
	bytes                   int64
	attached                bool
}

const apiBase = "https://api.notion.com/v1/"

func (c *call) uploadObject(u *upload) object {
	o := object{{"object", "file_upload"}, {"id", u.id}, {"created_time", milli(u.created)},
		{"created_by", object{{"id", u.bot}, {"type", "bot"}}}, {"last_edited_time", milli(u.edited)}}
	if c.version.hasArchived() {
		o = append(o, member{"archived", false})
	}
	o = append(o, member{"in_trash", false}, member{"expiry_time", c.expiryOf(u)})
	if c.statusOf(u) == "pending" {
		o = append(o, member{"upload_url", apiBase + "file_uploads/" + u.id + "/send"})
		if u.mode == "multi_part" {
			o = append(o, member{"complete_url", apiBase + "file_uploads/" + u.id + "/complete"})
		}
	}
	o = append(o, member{"status", c.statusOf(u)}, member{"filename", orNull(u.filename)}, member{"content_type", orNull(u.contentType)})
	if u.bytes > 0 {
		o = append(o, member{"content_length", int(u.bytes)})
	} else {
		o = append(o, member{"content_length", nil})
	}
	if u.mode == "multi_part" {
		o = append(o, member{"number_of_parts", object{{"total", u.total}, {"sent", len(u.parts)}}})
	}
	return o
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// statusOf is the upload's status, which changes by itself when its hour is over.
func (c *call) statusOf(u *upload) string {
	if u.status == "pending" && !c.now.Before(u.expiry) || u.status == "uploaded" && !u.attached && !c.now.Before(u.expiry) {
		return "expired"
	}
	return u.status
}

func (c *call) expiryOf(u *upload) any {
	if u.attached {
		return nil
	}
	return milli(u.expiry)
}

func (c *call) createUpload() (object, error) {
	mode := c.body.text("mode")
	if mode == "" {
		mode = "single_part"
	}
	u := &upload{id: c.n.made.uuid(), bot: c.conn.id, mode: mode, status: "pending", filename: c.body.text("filename"),
		contentType: c.body.text("content_type"), created: c.now, edited: c.now, expiry: c.now.Add(time.Hour), parts: map[int]int64{}}
	switch mode {
	case "single_part":
	case "multi_part":
		n, ok := c.body.at("number_of_parts").(float64)
		if !ok || n < 1 || n > 10_000 || u.filename == "" {
			return nil, mustBe("body.number_of_parts", "a number from 1 to 10000, with a filename", orUndefined(c.body, "number_of_parts"))
		}
		u.total = int(n)
	case "external_url":
		if c.body.text("external_url") == "" {
			return nil, mustBe("body.external_url", "defined", undefined{})
		}
		c.n.schedule(c.now, func(at time.Time) { u.status, u.edited, u.bytes = "uploaded", at, 1024 })
	default:
		return nil, mustBe("body.mode", "`\"single_part\"`, `\"multi_part\"`, or `\"external_url\"`", mode)
	}
	c.n.uploads.add(u.id, u)
	return c.uploadObject(u), nil
}

func (c *call) pathUpload() (*upload, error) { return c.uploadNamed("path.file_upload_id", c.ids[0]) }

func (c *call) uploadNamed(where string, v any) (*upload, error) {
	s, _ := v.(string)
	id, ok := parseID(s)
	if !ok {
		return nil, mustBe(where, "a valid uuid", undefinedIfNil(v))
	}
	u := c.n.uploads.byID[id]
	if u == nil || u.bot != c.conn.id {
		return nil, c.conn.notFound("file upload", id)
	}
	return u, nil
}

func (c *call) sendUpload() (object, error) {
	u, err := c.pathUpload()
	if err != nil {
		return nil, err
	}
	f := c.sent
	limit, _ := c.conn.ws.limits.at("max_file_upload_size_in_bytes").(int)
	switch {
	case f == nil || !f.seen:
		return nil, mustBe("body.file", "defined", undefined{})
	case c.statusOf(u) != "pending":
		return nil, invalid("File upload %s has status %q and cannot be sent to.", u.id, c.statusOf(u))
	case u.mode == "external_url":
		return nil, invalid("File upload %s imports from a URL and cannot be sent to.", u.id)
	case u.mode == "single_part" && f.bytes > 20<<20, f.bytes > int64(max(limit, 20<<20)):
		return nil, invalid("The file is larger than the allowed size.")
	}
	u.edited = c.now
	if u.filename == "" {
		u.filename = f.filename
	}
	if u.contentType == "" {
		u.contentType = f.contentType
	}
	if u.mode == "single_part" {
		u.status, u.bytes = "uploaded", f.bytes
		return c.uploadObject(u), nil
	}
	part, err := strconv.Atoi(f.part)
	if err != nil || part < 1 || part > u.total {
		return nil, mustBe("body.part_number", fmt.Sprintf("a number from 1 to %d", u.total), f.part)
	}
	u.parts[part] = f.bytes
	return c.uploadObject(u), nil
}

func (c *call) completeUpload() (object, error) {
	u, err := c.pathUpload()
	if err != nil {
		return nil, err
	}
	switch {
	case u.mode != "multi_part":
		return nil, invalid("File upload %s is not a multi-part upload.", u.id)
	case c.statusOf(u) != "pending":
		return nil, invalid("File upload %s has status %q and cannot be completed.", u.id, c.statusOf(u))
	case len(u.parts) < u.total:
		return nil, invalid("File upload %s has %d of %d parts.", u.id, len(u.parts), u.total)
	}
	for _, n := range u.parts {
		u.bytes += n
	}
	u.status, u.edited = "uploaded", c.now
	return c.uploadObject(u), nil
}

func (c *call) retrieveUpload() (object, error) {
	u, err := c.pathUpload()
	if err != nil {
		return nil, err
	}
	return c.uploadObject(u), nil
}

func (c *call) listUploads() (object, error) {
	status := c.query.Get("status")
	return c.list(listing{
		typ:  "file_upload",
		what: status,
		ids: func() ([]string, error) {
			ids := []string{}
			for u := range c.n.uploads.each {
				if u.bot == c.conn.id && (status == "" || c.statusOf(u) == status) {
					ids = append(ids, u.id)
				}
			}
			return ids, nil
		},
		show: func(id string) object { return c.uploadObject(c.n.uploads.byID[id]) },
	})
}

// attach takes an upload for use in a page, a block or a comment.
func (c *call) attach(where string, v any) (*upload, error) {
	u, err := c.uploadNamed(where+".file_upload.id", v)
	if err != nil {
		return nil, err
	}
	if c.statusOf(u) != "uploaded" {
		return nil, invalid("File upload %s has status %q; it must be uploaded first.", u.id, c.statusOf(u))
	}
	u.attached = true
	return u, nil
}
