package cacheserver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// fail answers a request with an error, and logs it if it is the service's own.
func (f *Front) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, store.ErrTooMany) {
		w.Header().Set("Retry-After", "60")
	}
	if body, ok := r.Body.(*pacedBody); ok && !errors.Is(err, errUnauthenticated) && !errors.Is(err, errBadCredentials) {
		body.drain(r)
	}
	if status := writeError(w, r, err); status >= http.StatusInternalServerError {
		f.log.Printf("%s %s: %v", r.Method, r.URL.EscapedPath(), err)
	}
}

// writeError writes an error in the format of the protocol that the path belongs to.
func writeError(w http.ResponseWriter, r *http.Request, err error) (status int) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/twirp/"):
		return writeTwirpError(w, err)
	case strings.HasPrefix(path, "/_apis/"):
		return writeV1Error(w, err)
	case strings.HasPrefix(path, "/devstoreaccount1/"):
		return writeBlobError(w, err)
	}
	return writeRESTError(w, err)
}

// failureStatus is the status of an error that the protocol has no code for. A full disk is 507, which clients do not
// retry; azcore retries 500 for twenty minutes.
func failureStatus(err error) int {
	if e, ok := errors.AsType[*restError](err); ok {
		return e.Status
	}
	if errors.Is(err, store.ErrTooMany) {
		return http.StatusTooManyRequests
	}
	if diskFull(err) {
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// publicText removes paths of this machine from replies. The log has the whole error.
func publicText(err error, status int) string {
	if _, ok := errors.AsType[*restError](err); !ok && status >= http.StatusInternalServerError {
		return http.StatusText(status)
	}
	return err.Error()
}

// clientBody marks errors of reading the request's body as the client'f.
type clientBody struct{ io.Reader }

func (b clientBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, fmt.Errorf("%w: %w", errBody, err)
}
