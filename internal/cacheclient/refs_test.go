package cacheclient

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

func TestRefsTellsWhatIsClosed(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{
		DefaultBranch: "trunk",
		Refs:          []string{"refs/heads/trunk", "refs/heads/feature", "refs/heads/feature-2", "refs/tags/v1", "refs/pull/12/merge"},
	}, entry("refs/pull/11/merge", "a"), entry("refs/pull/13/merge", "a"))
	have, err := client(t, s, servertest.Serve(t, s), Options{}).Refs(t.Context(), []string{
		"refs/heads/trunk", "refs/heads/feature", "refs/heads/feature-1", "refs/heads/feat#/ure",
		"refs/tags/v1", "refs/tags/v2", "refs/pull/11/merge", "refs/pull/12/merge", "refs/pull/99/merge", "refs/other/x",
	})
	if err != nil {
		t.Fatal(err)
	}
	if have.Default != "refs/heads/trunk" {
		t.Errorf("default branch %q", have.Default)
	}
	if want := map[string]string{
		"refs/heads/feature-1": "the branch is deleted", "refs/heads/feat#/ure": "the branch is deleted",
		"refs/tags/v2": "the tag is deleted", "refs/pull/11/merge": "pull request #11 is closed",
	}; !maps.Equal(have.Closed, want) {
		t.Errorf("closed: %v", have.Closed)
	}
	if want := map[string]string{
		"refs/pull/11/merge": "refs/heads/trunk", "refs/pull/12/merge": "refs/heads/trunk",
	}; !maps.Equal(have.Bases, want) {
		t.Errorf("bases: %v", have.Bases)
	}
}

func TestRefsTakesFewRequests(t *testing.T) {
	refs := []string{"refs/heads/gone"}
	var existing []string
	for n := range 90 {
		refs = append(refs, fmt.Sprintf("refs/heads/renovate/%d", n), fmt.Sprintf("refs/pull/%d/merge", n+1))
		existing = append(existing, fmt.Sprintf("refs/heads/renovate/%d", n))
	}
	s := servertest.Open(t, cacheserver.Options{Refs: existing})
	count := &counted{RoundTripper: httpclient.NewTransport()}
	known, err := client(t, s, servertest.Serve(t, s), Options{Transport: count}).Refs(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	if len(known.Closed) != 1 {
		t.Errorf("closed: %v", known.Closed)
	}
	// The default branch, branches and the one that is gone, open pull requests, closed ones, and each that is in neither.
	if have := count.requests.Load(); have > 5+90 {
		t.Errorf("%d requests", have)
	}
}

func TestRefsAsksForHalvesWhereAListingComesInPages(t *testing.T) {
	var existing, refs []string
	for n := range 250 {
		ref := fmt.Sprintf("refs/heads/b%03d", n)
		existing = append(existing, ref)
		if n%50 == 0 {
			refs = append(refs, ref, ref+"-gone")
		}
	}
	s := servertest.Open(t, cacheserver.Options{Refs: existing})
	have, err := client(t, s, servertest.Serve(t, s), Options{}).Refs(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return !strings.HasSuffix(ref, "-gone") })
	if closed := slices.Sorted(maps.Keys(have.Closed)); !slices.Equal(closed, want) {
		t.Errorf("closed: %v, want %v", closed, want)
	}
}

func TestRefsClosesNothingThatAListingMisses(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{Refs: []string{mainRef, "refs/heads/ä", "refs/heads/ö"}})
	short := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/matching-refs/heads/") {
			fmt.Fprint(w, "[]")
			return
		}
		s.ServeHTTP(w, r)
	})
	refs := []string{"refs/heads/ä", "refs/heads/ö"}
	for name, handler := range map[string]http.Handler{"whole": s, "short": short} {
		have, err := client(t, s, servertest.Serve(t, handler), Options{}).Refs(t.Context(), refs)
		if len(have.Closed) > 0 || (err != nil) != (name == "short") {
			t.Errorf("%s: closed %v, error %v", name, have.Closed, err)
		}
	}
}

func TestCommonPrefixCutsNoCharacterInHalf(t *testing.T) {
	for want, refs := range map[string][]string{
		"refs/heads/":  {"refs/heads/ä", "refs/heads/ö"},
		"refs/heads/ä": {"refs/heads/ä", "refs/heads/ä1"},
		"refs/heads/b": {"refs/heads/b"},
	} {
		if have := commonPrefix(refs); have != want {
			t.Errorf("%q of %q, want %q", have, refs, want)
		}
	}
}

func TestRefsClosesNothingOnAFailure(t *testing.T) {
	refs := []string{"refs/heads/gone", "refs/tags/gone", "refs/pull/1/merge"}
	all := map[string]string{
		"refs/heads/gone": "the branch is deleted", "refs/tags/gone": "the tag is deleted", "refs/pull/1/merge": "pull request #1 is closed",
	}
	for name, test := range map[string]struct {
		fault      string
		closed     []string
		permission string
	}{
		"no permission to read contents":      {"*/git/matching-refs/*:403", refs[2:], "{contents: read}"},
		"no permission to see them at all":    {"*/git/matching-refs/*:404", refs[2:], "{contents: read}"},
		"no permission to read pull requests": {"*/pulls:403", refs[1:2], "{pull-requests: read}"},
		"closed pull requests fail":           {"*/pulls?*state=closed*:404", refs[1:2], "{pull-requests: read}"},
		"the repository cannot be read":       {"*/repo:403", refs, "{metadata: read}"},
	} {
		t.Run(name, func(t *testing.T) {
			s := servertest.Open(t, cacheserver.Options{Refs: []string{mainRef}, Faults: servertest.Faults(t, test.fault)}, entry("refs/pull/1/merge", "a"))
			have, err := client(t, s, servertest.Serve(t, s), Options{}).Refs(t.Context(), refs)
			if err == nil || !strings.Contains(hint.Of(err), test.permission) {
				t.Errorf("error %v, hint %q", err, hint.Of(err))
			}
			want := maps.Clone(all)
			maps.DeleteFunc(want, func(ref, _ string) bool { return !slices.Contains(test.closed, ref) })
			if !maps.Equal(have.Closed, want) {
				t.Errorf("closed: %v, want %v", have.Closed, want)
			}
		})
	}
}

// pullRequests are those of a repository that the service knows nothing of.
type pullRequests []map[string]any

func (p pullRequests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	state, number := r.URL.Query().Get("state"), r.PathValue("number")
	found := []map[string]any{}
	for _, pull := range p {
		if pull["state"] == state {
			found = append(found, pull)
		}
		if fmt.Sprint(pull["number"]) == number {
			_ = json.NewEncoder(w).Encode(pull)
			return
		}
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	if page*perPage < len(found) {
		w.Header().Set("Link", fmt.Sprintf(`<http://x/?page=%d>; rel="next", <http://x/?page=%d>; rel="last"`, page+1, (len(found)+perPage-1)/perPage))
	}
	_ = json.NewEncoder(w).Encode(found[min((page-1)*perPage, len(found)):min(page*perPage, len(found))])
}

func pullRequest(number int, state, base string) map[string]any {
	return map[string]any{"number": number, "state": state, "base": map[string]any{"ref": base}}
}

func TestRefsFindsPullRequestsInPagesAndAlone(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{})
	var all pullRequests
	for n := range 150 {
		all = append(all, pullRequest(2000+n, "open", "main"))
	}
	for n := range 350 {
		all = append(all, pullRequest(1000-n, "closed", "next"))
	}
	all[150]["merged_at"] = "2026-01-02T03:04:05Z"
	mux := http.NewServeMux()
	mux.Handle("/", s)
	mux.Handle("/api/v3/repos/local/repo/pulls", all)
	mux.Handle("/api/v3/repos/local/repo/pulls/{number}", all)
	count := &counted{RoundTripper: httpclient.NewTransport()}
	have, err := client(t, s, servertest.Serve(t, mux), Options{Transport: count}).Refs(t.Context(), []string{
		"refs/pull/2149/merge", "refs/pull/1000/merge", "refs/pull/999/merge", "refs/pull/651/merge",
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{
		"refs/pull/1000/merge": "pull request #1000 is merged",
		"refs/pull/999/merge":  "pull request #999 is closed",
		"refs/pull/651/merge":  "pull request #651 is closed",
	}; !maps.Equal(have.Closed, want) {
		t.Errorf("closed: %v", have.Closed)
	}
	if len(have.Bases) != 153 || have.Bases["refs/pull/2149/merge"] != "refs/heads/main" || have.Bases["refs/pull/651/merge"] != "refs/heads/next" {
		t.Errorf("%d bases: %v", len(have.Bases), have.Bases)
	}
	// The default branch, two pages of open ones, two of closed ones, and the old one alone.
	if have := count.requests.Load(); have != 6 {
		t.Errorf("%d requests", have)
	}
}
