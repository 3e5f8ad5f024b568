package cacheserver

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
)

// repository answers with the fields that the service knows. It does not invent the other fields of GitHub's answer.
func (s *Server) repository(w http.ResponseWriter, _ *http.Request) error {
	owner, name, _ := strings.Cut(s.Repository, "/")
	writeJSON(w, http.StatusOK, map[string]any{
		"id": 1, "name": name, "full_name": s.Repository, "private": true,
		"owner": map[string]any{"login": owner}, "default_branch": s.opts.DefaultBranch,
	})
	return nil
}

// held returns the refs that have entries, sorted.
func (s *Server) held() []string {
	refs := map[string]bool{}
	for _, e := range s.entries.List(store.Query{}) {
		refs[e.Ref] = true
	}
	return slices.Sorted(maps.Keys(refs))
}

// existing returns the refs that exist, sorted: see [Options.Refs].
func (s *Server) existing() []string {
	refs := s.opts.Refs
	if refs == nil {
		refs = s.held()
	}
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(refs, []string{github.Branch(s.opts.DefaultBranch)}))))
}

func (s *Server) branches(w http.ResponseWriter, r *http.Request) error {
	type branch struct {
		Name string `json:"name"`
	}
	branches := []branch{}
	for _, ref := range s.existing() {
		if name, ok := github.BranchName(ref); ok {
			branches = append(branches, branch{name})
		}
	}
	writeJSON(w, http.StatusOK, paginate(w, r, branches))
	return nil
}

func (s *Server) matchingRefs(w http.ResponseWriter, r *http.Request) error {
	type reference struct {
		Ref string `json:"ref"`
	}
	refs := []reference{}
	for _, ref := range s.existing() {
		if strings.HasPrefix(ref, "refs/"+r.PathValue("ref")) {
			refs = append(refs, reference{ref})
		}
	}
	writeJSON(w, http.StatusOK, paginate(w, r, refs))
	return nil
}

// pulls lists an open pull request for every merge ref that exists, and a closed one for every other merge ref with
// entries.
func (s *Server) pulls(w http.ResponseWriter, r *http.Request) error {
	type branch struct {
		Ref string `json:"ref"`
	}
	type pull struct {
		Number int    `json:"number"`
		State  string `json:"state"`
		Base   branch `json:"base"`
	}
	want := r.URL.Query().Get("state")
	existing := s.existing()
	pulls := []pull{}
	for _, ref := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(existing, s.held())))) {
		number, ok := github.PullNumber(ref)
		if !ok {
			continue
		}
		state := "closed"
		if slices.Contains(existing, ref) {
			state = "open"
		}
		if want == "all" || want == state || want == "" && state == "open" {
			pulls = append(pulls, pull{number, state, branch{s.opts.DefaultBranch}})
		}
	}
	slices.SortFunc(pulls, func(a, b pull) int { return b.Number - a.Number })
	writeJSON(w, http.StatusOK, paginate(w, r, pulls))
	return nil
}
