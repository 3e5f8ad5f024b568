package cacheserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// call is a request to the v2 service, and its reply.
type call struct {
	grant
	ctx     context.Context // of the request
	base    string
	in, out message
}

func (f *Front) routeTwirp() error {
	methods, err := cacheServiceMethods()
	if err != nil {
		return err
	}
	handlers := map[protoreflect.Name]func(call) error{
		"CreateCacheEntry":         f.createEntry,
		"FinalizeCacheEntryUpload": f.finalizeEntry,
		"GetCacheEntryDownloadURL": f.findEntry,
	}
	for name, handle := range handlers {
		pattern := "POST /twirp/github.actions.results.api.v1.CacheService/" + string(name)
		f.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			f.serveTwirp(w, r, methods.ByName(name), handle)
		})
	}
	f.mux.HandleFunc("/twirp/", func(w http.ResponseWriter, r *http.Request) { f.fail(w, r, errBadRoute) })
	return nil
}

func (f *Front) serveTwirp(w http.ResponseWriter, r *http.Request, m protoreflect.MethodDescriptor, handle func(call) error) {
	g, err := f.authorize(r)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	format, ok := codecFor(contentType)
	if !ok {
		f.fail(w, r, errBadRoute)
		return
	}
	c := call{g, r.Context(), baseURL(r) + f.prefix, message{dynamicpb.NewMessage(m.Input())}, message{dynamicpb.NewMessage(m.Output())}}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	if err == nil {
		err = format.unmarshal(body, c.in)
	}
	if err != nil {
		f.fail(w, r, fmt.Errorf("%w: %w", errMalformed, err))
		return
	}
	if err := handle(c); err != nil {
		f.fail(w, r, err)
		return
	}
	reply, err := format.marshal(c.out)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", format.contentType)
	_, _ = w.Write(reply)
}

func (f *Front) createEntry(c call) error {
	name, err := c.name()
	if errors.Is(err, errWriteDenied) {
		// GitHub answers this with status 200. BuildKit shows "failed to reserve cache".
		c.out.set("message", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	id, err := f.backend.Reserve(c.ctx, name, c.token)
	if e, ok := errors.AsType[*ReplyError](err); ok && e.Status == http.StatusOK {
		c.out.set("message", e.Text)
		return nil
	}
	if err != nil {
		return err
	}
	c.out.set("ok", true)
	c.out.set("signed_upload_url", f.blobURL(c.base, id, toWrite))
	return nil
}

func (f *Front) finalizeEntry(c call) error {
	name, err := c.name()
	if err != nil {
		return err
	}
	id, err := f.backend.Finish(c.ctx, name, c.in.number("size_bytes"))
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrSize) || errors.Is(err, store.ErrTooLarge) || errors.Is(err, store.ErrNoRoom) {
		c.out.set("message", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	c.out.set("ok", true)
	c.out.set("entry_id", id)
	return nil
}

func (f *Front) findEntry(c call) error {
	if len(c.readable) == 0 {
		return errReadDenied
	}
	keys, err := checkKeys(append([]string{c.in.text("key")}, c.in.texts("restore_keys")...))
	if err != nil {
		return err
	}
	e, err := f.backend.Find(c.ctx, c.readable, c.in.text("version"), keys)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.out.set("ok", true)
	c.out.set("signed_download_url", f.blobURL(c.base, e.ID, toRead))
	c.out.set("matched_key", e.Key)
	return nil
}

// name is the name of the entry that the call writes.
func (c call) name() (store.Name, error) {
	return c.grant.name(c.in.text("version"), c.in.text("key"))
}

var (
	errBadRoute  = errors.New("unknown method, or a content type other than JSON and protobuf")
	errMalformed = errors.New("malformed request")
)

// writeTwirpError maps errors as twitchtv.github.io/twirp/docs/errors.html does. The field is msg: go-actions-cache
// takes an error with "message" for an error of v1.
func writeTwirpError(w http.ResponseWriter, err error) (status int) {
	if e, ok := errors.AsType[*ReplyError](err); ok {
		return e.writeTwirp(w)
	}
	status = failureStatus(err)
	code := cmp.Or(map[int]string{
		http.StatusForbidden:          "permission_denied",
		http.StatusTooManyRequests:    "resource_exhausted",
		http.StatusServiceUnavailable: "unavailable",
	}[status], "internal")
	switch {
	case errors.Is(err, store.ErrExists):
		code, status = "already_exists", http.StatusConflict
	case errors.Is(err, errUnauthenticated):
		code, status = "unauthenticated", http.StatusUnauthorized
	case errors.Is(err, errReadDenied), errors.Is(err, errWriteDenied):
		code, status = "permission_denied", http.StatusForbidden
	case errors.Is(err, errInvalid):
		code, status = "invalid_argument", http.StatusBadRequest
	case errors.Is(err, errMalformed):
		code, status = "malformed", http.StatusBadRequest
	case errors.Is(err, errBadRoute):
		code, status = "bad_route", http.StatusNotFound
	}
	writeJSON(w, status, struct {
		Code string `json:"code"`
		Msg  string `json:"msg"`
	}{code, publicText(err, status)})
	return status
}

// writeJSON ignores write errors: the client may have closed the connection.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
