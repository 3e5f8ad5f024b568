package cacheserver

import (
	"context"
	"crypto/rand"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// Backend has the entries of a [Front]. Its errors are those of package store, or a [ReplyError].
type Backend interface {
	// Find returns the entry that matches the keys in one of the refs: see [store.Store.Find].
	Find(ctx context.Context, refs []string, version string, keys []string) (store.Entry, error)
	// Reserve takes a name for an upload of a token, which is given in any form that tells one from another.
	Reserve(ctx context.Context, n store.Name, token string) (id int64, err error)
	// CheckUnfinished returns an error unless id is an upload: [store.ErrExists] if it is finished.
	CheckUnfinished(id int64) error
	// WriteBlock stores exactly size bytes of body as a block. An empty id is that of a blob that is written as a whole.
	WriteBlock(ctx context.Context, id int64, block string, size int64, body io.Reader) error
	// Assemble makes the blocks the content of an upload.
	Assemble(ctx context.Context, id int64, blocks []string) error
	// Finish makes an entry of the upload with this name.
	Finish(ctx context.Context, n store.Name, size int64) (id int64, err error)
	// ServeBlob answers a request for the content of an entry or a range of it, with Range as the header.
	ServeBlob(w http.ResponseWriter, r *http.Request, id int64) error
}

// Front speaks version 2 of the protocol, and the part of Blob Storage that belongs to it, for a [Backend]. It is safe for
// concurrent use.
type Front struct {
	*Issuer
	backend Backend
	prefix  string // of the paths of clients
	log     *log.Logger
	mux     *http.ServeMux
}

// NewFront returns a front that accepts the tokens of an issuer. Clients find it under a path, as /xyz, which its caller
// removes from requests. Errors of the backend that are not the client's go to w.
func NewFront(issuer *Issuer, backend Backend, path string, w io.Writer) (*Front, error) {
	return newFront(issuer, backend, path, log.New(w, "", log.LstdFlags))
}

func newFront(issuer *Issuer, backend Backend, prefix string, failures *log.Logger) (*Front, error) {
	f := &Front{Issuer: issuer, backend: backend, prefix: prefix, log: failures, mux: http.NewServeMux()}
	if err := f.routeTwirp(); err != nil {
		return nil, err
	}
	f.routeBlobs()
	return f, nil
}

// ServeHTTP implements [http.Handler].
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := begin(w, r)
	defer x.end()
	f.mux.ServeHTTP(x, r)
}

// begin gives a request what all replies need.
func begin(w http.ResponseWriter, r *http.Request) *exchange {
	// BuildKit dereferences this header of a blob's reply. Other clients log it.
	w.Header().Set("X-Ms-Request-Id", rand.Text())
	// Clients join a base URL that ends with a slash and a path that begins with one.
	r.URL.Path = "/" + strings.TrimLeft(r.URL.Path, "/")
	return newExchange(w, r)
}

// ReplyError is an error for the client as it is. Status 200 refuses a reservation as GitHub does, which has no status of
// its own for that.
type ReplyError struct {
	Status int
	Code   string // of Twirp
	Text   string
}

func (e *ReplyError) Error() string { return e.Text }

// writeTwirp also has the text as message: the only field that go-actions-cache shows.
func (e *ReplyError) writeTwirp(w http.ResponseWriter) (status int) {
	writeJSON(w, e.Status, struct {
		Code    string `json:"code"`
		Msg     string `json:"msg"`
		Message string `json:"message"`
	}{e.Code, e.Text, e.Text})
	return e.Status
}
