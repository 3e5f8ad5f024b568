package cacheserver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// failureStatus is the status of an error that is not the client's. A full disk is 507, which clients do not retry: azcore
// retries 500 for twenty minutes.
func failureStatus(err error) int {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// publicText keeps paths of this machine out of replies; the log has the whole error.
func publicText(err error, status int) string {
	if status >= http.StatusInternalServerError {
		return http.StatusText(status)
	}
	return err.Error()
}

// logFailure logs errors of the service itself.
func (s *Server) logFailure(r *http.Request, err error) {
	for _, expected := range []error{
		store.ErrExists, store.ErrNotFound, store.ErrSize, store.ErrTooLarge, store.ErrUnknownBlock,
		errUnauthenticated, errReadDenied, errWriteDenied, errInvalid, errMalformed, errBody, errBodyTooLarge,
	} {
		if errors.Is(err, expected) {
			return
		}
	}
	if _, ok := errors.AsType[*azureError](err); ok {
		return
	}
	if _, ok := errors.AsType[*restError](err); ok {
		return
	}
	s.log.Printf("%s %s: %v", r.Method, r.URL.Path, err)
}

// clientBody marks errors of reading as the client's.
type clientBody struct{ io.Reader }

func (b clientBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, fmt.Errorf("%w: %w", errBody, err)
}
