package cacheserver

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// grace is how long requests under way may take when the service stops.
const grace = 5 * time.Second

// Serve answers connections until ctx ends. It then gives the requests under way a few seconds. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ErrorLog: s.log, ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, // Go's clients close idle connections after 90 seconds, and should do so first
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err := server.Shutdown(patience)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		stopped <- err
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
