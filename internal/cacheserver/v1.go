package cacheserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

func (s *Server) routeV1() {
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, grant) error{
		"GET /_apis/artifactcache/cache":         s.findV1,
		"POST /_apis/artifactcache/caches":       s.reserveV1,
		"PATCH /_apis/artifactcache/caches/{id}": s.writeV1,
		"POST /_apis/artifactcache/caches/{id}":  s.finishV1,
	} {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			g, err := s.authorize(r)
			if err == nil {
				err = handle(w, r, g)
			}
			if err != nil {
				s.fail(w, r, err)
			}
		})
	}
}

func (s *Server) findV1(w http.ResponseWriter, r *http.Request, g grant) error {
	if len(g.readable) == 0 {
		return errReadDenied
	}
	keys, err := checkKeys(strings.SplitN(r.URL.Query().Get("keys"), ",", maxKeys+2))
	if err != nil {
		return err
	}
	e, err := s.backend.Find(r.Context(), g.readable, r.URL.Query().Get("version"), keys)
	if errors.Is(err, store.ErrNotFound) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct {
		ArchiveLocation string    `json:"archiveLocation"`
		CacheKey        string    `json:"cacheKey"`
		Scope           string    `json:"scope"`
		CreationTime    time.Time `json:"creationTime"`
		CacheVersion    string    `json:"cacheVersion"`
	}{s.blobURL(baseURL(r), e.ID, toRead), e.Key, e.Ref, e.Created.UTC(), e.Version})
	return nil
}

func (s *Server) reserveV1(w http.ResponseWriter, r *http.Request, g grant) error {
	var req struct {
		Key, Version string
		CacheSize    int64
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	name, err := g.name(req.Version, req.Key)
	if err != nil {
		return err
	}
	if limit := s.entries.Limits().Size; req.CacheSize > limit {
		return fmt.Errorf("%w: a cache of %d bytes is over the limit of %d", errInvalid, req.CacheSize, limit)
	}
	id, err := s.entries.Reserve(name, g.token)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, struct {
		CacheID int64 `json:"cacheId"`
	}{id})
	return nil
}

func (s *Server) writeV1(w http.ResponseWriter, r *http.Request, g grant) error {
	id, err := s.ownUpload(r, g)
	if err != nil {
		return err
	}
	off, size, err := parseContentRange(r.Header.Get("Content-Range"))
	if err != nil {
		return err
	}
	if err := s.entries.WriteChunk(id, off, size, clientBody{r.Body}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) finishV1(w http.ResponseWriter, r *http.Request, g grant) error {
	id, err := s.ownUpload(r, g)
	if err != nil {
		return err
	}
	req := struct{ Size int64 }{-1}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if err := s.entries.Finish(id, req.Size); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// ownUpload returns the upload that the request names, if the token writes its ref.
func (s *Server) ownUpload(r *http.Request, g grant) (int64, error) {
	id, err := parseID(r.PathValue("id"))
	if err != nil {
		return 0, err
	}
	u, err := s.entries.Upload(id)
	if err != nil {
		return 0, err
	}
	if u.Ref != g.writable {
		return 0, errWriteDenied
	}
	return id, nil
}

// parseID accepts ids in the form in which the service returned them, and no other spelling of a number.
func parseID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != text {
		return 0, store.ErrNotFound
	}
	return id, nil
}

var contentRange = lazyregexp.New(`^bytes (\d+)-(\d+)/(?:\*|\d+)$`)

// parseContentRange reads "bytes 0-99/*" as offset and size.
func parseContentRange(header string) (off, size int64, err error) {
	m := contentRange().FindStringSubmatch(header)
	if m == nil {
		return 0, 0, fmt.Errorf("%w: content range %q", errInvalid, header)
	}
	off, errOff := strconv.ParseInt(m[1], 10, 64)
	last, errLast := strconv.ParseInt(m[2], 10, 64)
	if errOff != nil || errLast != nil || last < off || last-off+1 <= 0 {
		return 0, 0, fmt.Errorf("%w: content range %q", errInvalid, header)
	}
	return off, last - off + 1, nil
}

func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	if err == nil {
		err = json.Unmarshal(body, v)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errBodyTooLarge
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	return nil
}

// writeV1Error answers as the artifact cache service did. Clients read typeKey and message.
func writeV1Error(w http.ResponseWriter, err error) (status int) {
	status, kind := failureStatus(err), "InternalServerError"
	switch {
	case errors.Is(err, store.ErrExists):
		status, kind = http.StatusConflict, "ArtifactCacheItemAlreadyExistsException"
	case errors.Is(err, store.ErrNotFound):
		status, kind = http.StatusNotFound, "ArtifactCacheItemNotFoundException"
	case errors.Is(err, store.ErrTooMany):
		kind = "RequestBlockedException"
	case errors.Is(err, errUnauthenticated):
		status, kind = http.StatusUnauthorized, "UnauthorizedRequestException"
	case errors.Is(err, errReadDenied), errors.Is(err, errWriteDenied):
		status, kind = http.StatusForbidden, "AccessDeniedException"
	case errors.Is(err, store.ErrTooLarge), errors.Is(err, store.ErrNoRoom), errors.Is(err, errBodyTooLarge):
		status, kind = http.StatusRequestEntityTooLarge, "RequestTooLargeException"
	case errors.Is(err, errInvalid), errors.Is(err, errMalformed), errors.Is(err, store.ErrSize), errors.Is(err, errBody):
		status, kind = http.StatusBadRequest, "InvalidRequestException"
	}
	writeJSON(w, status, struct {
		Message  string `json:"message"`
		TypeName string `json:"typeName"`
		TypeKey  string `json:"typeKey"`
	}{publicText(err, status), "Microsoft.Azure.DevOps.ArtifactCache.WebApi." + kind, kind})
	return status
}
