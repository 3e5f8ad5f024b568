package cacheserver

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"time"
)

// LogFormat is the form of the access log; the empty one is none.
type LogFormat string

// The forms of the access log.
const (
	NoLog   LogFormat = ""
	LogJSON LogFormat = "json"
	LogText LogFormat = "text"
)

// newLogs returns the log of requests and that of failures. Both have the same form, if there is one.
func newLogs(w io.Writer, format LogFormat) (access *slog.Logger, failures *log.Logger, err error) {
	var handler slog.Handler
	switch format {
	case NoLog:
		return slog.New(slog.DiscardHandler), log.New(w, "", log.LstdFlags), nil
	case LogJSON:
		handler = slog.NewJSONHandler(w, nil)
	case LogText:
		handler = slog.NewTextHandler(w, nil)
	default:
		return nil, nil, fmt.Errorf("unknown log format %q: want json or text", format)
	}
	return slog.New(handler), slog.NewLogLogger(handler, slog.LevelError), nil
}

// logAccess writes a line for a request. Queries are left out, because they hold signatures and keys; the handlers escape
// what a client has put into its path.
func (s *Server) logAccess(x *exchange, r *http.Request, path string, took time.Duration) {
	s.access.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("id", x.Header().Get("X-Ms-Request-Id")), slog.String("client", r.RemoteAddr),
		slog.String("method", r.Method), slog.String("path", path), slog.Int("status", x.status),
		slog.Int64("received", x.body.read), slog.Int64("sent", x.sent), slog.Duration("took", took))
}
