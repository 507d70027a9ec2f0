package webhook

import (
	"net/http"
	"time"
)

// Server serves h with every limit set. What stands in front of it ends TLS:
// Notion delivers over HTTPS only.
func Server(h http.Handler) *http.Server {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		Protocols:         p,

		DisableGeneralOptionsHandler: true,
	}
}
