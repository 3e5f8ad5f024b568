package cacheserver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
)

// restError is an error in the format of GitHub's REST API.
type restError struct {
	Message string `json:"message"`
	Docs    string `json:"documentation_url"`
	Status  int    `json:"status,string"`
}

func (e *restError) Error() string { return e.Message }

const (
	docs = "https://docs.github.com/rest"

	// enterprisePrefix is the path of the API on a GitHub Enterprise Server.
	enterprisePrefix = "/api/v3"
)

var (
	errNotFound       = &restError{"Not Found", docs, http.StatusNotFound}
	errBadCredentials = &restError{"Bad credentials", docs, http.StatusUnauthorized}
	errNotAccessible  = &restError{"Resource not accessible by integration", docs, http.StatusForbidden}
)

func unprocessable(format string, args ...any) error {
	return &restError{fmt.Sprintf(format, args...), docs, http.StatusUnprocessableEntity}
}

type restHandler func(w http.ResponseWriter, r *http.Request, rights restClaims) error

// plain is a handler that everybody with a token may call.
func plain(handle func(w http.ResponseWriter, r *http.Request) error) restHandler {
	return func(w http.ResponseWriter, r *http.Request, _ restClaims) error { return handle(w, r) }
}

// admin is a handler for tokens that may do everything.
func admin(handle func(w http.ResponseWriter, r *http.Request) error) restHandler {
	return func(w http.ResponseWriter, r *http.Request, rights restClaims) error {
		if rights.Permission != permissionAdmin {
			return errNotAccessible
		}
		return handle(w, r)
	}
}

// mayDelete reports whether a token may delete entries on a ref.
func (c restClaims) mayDelete(ref string) bool {
	return c.Permission == permissionAdmin || c.Permission == permissionDelete && slices.Contains(c.Refs, ref)
}

// routeREST serves the API under the paths of api.github.com and of a GitHub Enterprise Server.
func (s *Server) routeREST() {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]restHandler{
		"GET /repos/{owner}/{repo}/actions/caches":                plain(s.listCaches),
		"DELETE /repos/{owner}/{repo}/actions/caches":             s.deleteByKey,
		"DELETE /repos/{owner}/{repo}/actions/caches/{id}":        s.deleteByID,
		"GET /repos/{owner}/{repo}/actions/cache/usage":           plain(s.repoUsage),
		"GET /repos/{owner}/{repo}/actions/cache/retention-limit": plain(s.retention),
		"PUT /repos/{owner}/{repo}/actions/cache/retention-limit": admin(s.setRetention),
		"GET /repos/{owner}/{repo}/actions/cache/storage-limit":   plain(s.storage),
		"PUT /repos/{owner}/{repo}/actions/cache/storage-limit":   admin(s.setStorage),

		"GET /organizations/{owner}/actions/cache/retention-limit": plain(s.retention),
		"PUT /organizations/{owner}/actions/cache/retention-limit": admin(s.setRetention),
		"GET /organizations/{owner}/actions/cache/storage-limit":   plain(s.storage),
		"PUT /organizations/{owner}/actions/cache/storage-limit":   admin(s.setStorage),
		"GET /orgs/{owner}/actions/cache/usage":                    plain(s.orgUsage),
		"GET /orgs/{owner}/actions/cache/usage-by-repository":      plain(s.orgUsageByRepo),

		"GET /repos/{owner}/{repo}":                            plain(s.repository),
		"GET /repos/{owner}/{repo}/pulls":                      plain(s.pulls),
		"GET /repos/{owner}/{repo}/branches":                   plain(s.branches),
		"GET /repos/{owner}/{repo}/git/matching-refs/{ref...}": plain(s.matchingRefs),
		// There is no actions/runs: who uses the service is not known, and an empty list would say that nobody does.
	} {
		mux.HandleFunc(pattern, s.rest(s.limited(handle)))
	}
	mux.HandleFunc("GET /rate_limit", s.rest(plain(s.rateLimit)))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { writeRESTError(w, errNotFound) })
	for _, prefix := range []string{"/repos/", "/organizations/", "/orgs/", "/rate_limit"} {
		s.mux.Handle(prefix, mux)
	}
	s.mux.Handle(enterprisePrefix+"/", http.StripPrefix(enterprisePrefix, mux))
}

// limited counts a request against the rate limits, and checks owner and repository in its path.
func (s *Server) limited(handle restHandler) restHandler {
	return func(w http.ResponseWriter, r *http.Request, rights restClaims) error {
		if err := s.limiter.admit(w, r); err != nil {
			return err
		}
		if !s.names(r) {
			return errNotFound
		}
		return handle(w, r, rights)
	}
}

// rest checks the token first.
func (s *Server) rest(handle restHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rights, err := s.authorizeREST(r)
		if err == nil {
			err = handle(w, r, rights)
		}
		if errors.Is(err, errNotAccessible) {
			w.Header().Set("X-Accepted-GitHub-Permissions", "actions=write")
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}
}

func (s *Server) authorizeREST(r *http.Request) (rights restClaims, err error) {
	token, ok := bearer(r)
	if !ok || s.verify(s.restKey, token, &rights) != nil || !strings.EqualFold(rights.Repository, s.Repository) {
		return restClaims{}, errBadCredentials
	}
	return rights, nil
}

// names reports whether the path is about the service's repository. A path without owner and repository is.
func (s *Server) names(r *http.Request) bool {
	owner, repo, _ := strings.Cut(s.Repository, "/")
	same := func(name, want string) bool {
		got := r.PathValue(name)
		return got == "" || strings.EqualFold(got, want)
	}
	return same("owner", owner) && same("repo", repo)
}

func writeRESTError(w http.ResponseWriter, err error) (status int) {
	e, ok := errors.AsType[*restError](err)
	if !ok {
		e = &restError{Docs: docs, Status: failureStatus(err)}
		switch {
		case errors.Is(err, store.ErrNotFound):
			e.Status = http.StatusNotFound
		case errors.Is(err, errMalformed), errors.Is(err, errBodyTooLarge):
			e.Status = http.StatusBadRequest
		}
		e.Message = publicText(err, e.Status)
	}
	writeJSON(w, e.Status, e)
	return e.Status
}

// cacheJSON is a cache as GitHub lists it.
type cacheJSON struct {
	ID       int64     `json:"id"`
	Ref      string    `json:"ref"`
	Key      string    `json:"key"`
	Version  string    `json:"version"`
	Accessed time.Time `json:"last_accessed_at"`
	Created  time.Time `json:"created_at"`
	Size     int64     `json:"size_in_bytes"`
}

type cachesJSON struct {
	Total  int         `json:"total_count"`
	Caches []cacheJSON `json:"actions_caches"`
}

func cachesOf(entries []store.Entry) []cacheJSON {
	caches := make([]cacheJSON, len(entries))
	for i, e := range entries {
		caches[i] = cacheJSON{e.ID, e.Ref, e.Key, e.Version, e.Accessed.UTC(), e.Created.UTC(), e.Size}
	}
	return caches
}

func (s *Server) listCaches(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	order, ok := map[string]store.Order{
		"": store.ByAccessed, "last_accessed_at": store.ByAccessed, "created_at": store.ByCreated, "size_in_bytes": store.BySize,
	}[q.Get("sort")]
	direction := q.Get("direction")
	if !ok || direction != "" && direction != "asc" && direction != "desc" {
		return unprocessable("sort %q in direction %q is not possible", q.Get("sort"), direction)
	}
	all := s.entries.List(store.Query{
		Ref: fullRef(q.Get("ref")), Prefix: q.Get("key"), Order: order, Ascending: direction == "asc",
	})
	writeJSON(w, http.StatusOK, cachesJSON{len(all), cachesOf(paginate(w, r, all))})
	return nil
}

func (s *Server) deleteByID(w http.ResponseWriter, r *http.Request, rights restClaims) error {
	if rights.Permission == "" {
		return errNotAccessible
	}
	id, err := parseID(r.PathValue("id"))
	var e store.Entry
	if err == nil {
		e, err = s.entries.Entry(id)
	}
	if err == nil && !rights.mayDelete(e.Ref) {
		return errNotAccessible
	}
	if err == nil {
		err = s.entries.Delete(id)
	}
	if errors.Is(err, store.ErrNotFound) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// fullRef also accepts the name of a branch, because go-github documents the parameter so.
func fullRef(ref string) string {
	if ref == "" || strings.HasPrefix(ref, "refs/") {
		return ref
	}
	return github.Branch(ref)
}

// deleteByKey answers with what it deleted; what another request deleted meanwhile is not in there, nor what the token may
// not delete, unless that is all.
func (s *Server) deleteByKey(w http.ResponseWriter, r *http.Request, rights restClaims) error {
	if rights.Permission == "" {
		return errNotAccessible
	}
	q := r.URL.Query()
	if q.Get("key") == "" {
		return unprocessable("the parameter key is missing")
	}
	refused := error(errNotFound)
	var deleted []store.Entry
	for _, e := range s.entries.List(store.Query{Key: q.Get("key"), Ref: fullRef(q.Get("ref"))}) {
		if !rights.mayDelete(e.Ref) {
			refused = errNotAccessible
			continue
		}
		err := s.entries.Delete(e.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		deleted = append(deleted, e)
	}
	if len(deleted) == 0 {
		return refused
	}
	writeJSON(w, http.StatusOK, cachesJSON{len(deleted), cachesOf(deleted)})
	return nil
}
