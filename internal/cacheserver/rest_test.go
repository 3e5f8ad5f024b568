package cacheserver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v92/github"
)

func (s service) github(t testing.TB, write bool) *github.Client {
	t.Helper()
	base := s.url + "/api/v3/"
	c, err := github.NewClient(github.WithURLs(&base, nil), github.WithAuthToken(s.restToken(t, write)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestListingByGoGitHub(t *testing.T) {
	c := &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)}
	s := serve(t, Options{Now: c.Now, Repository: "octo/app"})
	for i := range 7 {
		ref := mainRef
		if i%2 == 1 {
			ref = "refs/pull/1/merge"
		}
		s.save(t, ref, fmt.Sprintf("key-%d", i), strings.Repeat("x", 10-i))
		c.advance(time.Second)
	}
	gh := s.github(t, false)
	list := func(opts github.ActionsCacheListOptions) []string {
		var keys []string
		for {
			got, resp, err := gh.Actions.ListCaches(t.Context(), "octo", "app", &opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range got.ActionsCaches {
				keys = append(keys, strings.TrimPrefix(e.GetKey(), "key-"))
			}
			if resp.NextPage == 0 {
				if len(keys) != got.TotalCount {
					t.Errorf("%d of %d", len(keys), got.TotalCount)
				}
				return keys
			}
			opts.Page = resp.NextPage
		}
	}
	for name, tt := range map[string]struct {
		opts github.ActionsCacheListOptions
		want string
	}{
		"all":             {github.ActionsCacheListOptions{}, "6 5 4 3 2 1 0"},
		"page by page":    {github.ActionsCacheListOptions{ListOptions: github.ListOptions{PerPage: 2}}, "6 5 4 3 2 1 0"},
		"oldest first":    {github.ActionsCacheListOptions{Sort: new("created_at"), Direction: new("asc")}, "0 1 2 3 4 5 6"},
		"largest first":   {github.ActionsCacheListOptions{Sort: new("size_in_bytes")}, "0 1 2 3 4 5 6"},
		"of a ref":        {github.ActionsCacheListOptions{Ref: new("refs/pull/1/merge")}, "5 3 1"},
		"of a branch":     {github.ActionsCacheListOptions{Ref: new("main")}, "6 4 2 0"},
		"of a prefix":     {github.ActionsCacheListOptions{Key: new("key-3")}, "3"},
		"of every prefix": {github.ActionsCacheListOptions{Key: new("key")}, "6 5 4 3 2 1 0"},
		"of none":         {github.ActionsCacheListOptions{Key: new("ey-")}, ""},
	} {
		if got := strings.Join(list(tt.opts), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	got, _, err := gh.Actions.ListCaches(t.Context(), "OCTO", "App", &github.ActionsCacheListOptions{Key: new("key-2")})
	if err != nil {
		t.Fatal(err)
	}
	e := got.ActionsCaches[0]
	if e.GetID() != 3 || e.GetRef() != mainRef || e.GetVersion() != "v" || e.GetSizeInBytes() != 8 ||
		e.GetCreatedAt().String() != "2026-01-02 03:04:07.678 +0000 UTC" || !e.GetLastAccessedAt().Equal(e.GetCreatedAt()) {
		t.Errorf("entry %v", e)
	}
}

func TestPagesAndLinks(t *testing.T) {
	s := serve(t, Options{})
	for i := range 5 {
		s.save(t, mainRef, fmt.Sprint(i), "")
	}
	token := s.restToken(t, false)
	const path = "/repos/local/repo/actions/caches"
	for _, tt := range []struct {
		query string
		count int
		links []string // rel=page
	}{
		{"", 5, nil},
		{"?per_page=2", 2, []string{"next=2", "last=3"}},
		{"?per_page=2&page=2", 2, []string{"prev=1", "next=3", "last=3", "first=1"}},
		{"?per_page=2&page=3", 1, []string{"prev=2", "first=1"}},
		{"?per_page=2&page=9", 0, []string{"prev=3", "first=1"}},
		{"?per_page=0&page=0", 5, nil},
		{"?per_page=-1&page=-1", 5, nil},
		{"?per_page=1000", 5, nil},
		{"?per_page=x&page=99999999999999999999", 5, nil},
	} {
		for _, prefix := range []string{"", "/api/v3"} {
			got := s.do(t, "GET", prefix+path+tt.query, token, "")
			var page struct {
				Total  int               `json:"total_count"`
				Caches []json.RawMessage `json:"actions_caches"`
			}
			if err := json.Unmarshal([]byte(got.body), &page); err != nil || page.Caches == nil || page.Total != 5 || len(page.Caches) != tt.count {
				t.Errorf("%s: %s", tt.query, got.body)
			}
			if links := linksOf(t, got.header.Get("Link"), s.url+prefix+path); !slices.Equal(links, tt.links) {
				t.Errorf("%s%s: links %q, want %q", prefix, tt.query, links, tt.links)
			}
		}
	}
	for _, query := range []string{"?sort=key", "?direction=up"} {
		if got := s.do(t, "GET", path+query, token, ""); got.status != 422 {
			t.Errorf("%s: %d", query, got.status)
		}
	}
}

func linksOf(t *testing.T, header, base string) (links []string) {
	t.Helper()
	for link := range strings.SplitSeq(header, ", ") {
		target, rel, ok := strings.Cut(strings.Trim(link, `<"`), `>; rel="`)
		if !ok {
			continue
		}
		u, err := url.Parse(target)
		if err != nil || !strings.HasPrefix(target, base+"?") {
			t.Fatalf("link %q", link)
		}
		links = append(links, rel+"="+u.Query().Get("page"))
	}
	return links
}

func TestDeletingByGoGitHub(t *testing.T) {
	s := serve(t, Options{})
	id := s.save(t, mainRef, "a", "1")
	s.save(t, "refs/heads/b", "a", "2")
	s.save(t, mainRef, "ab", "3")
	s.save(t, mainRef, "c", "4")
	gh := s.github(t, true)
	gone := func(name string, err error) {
		t.Helper()
		if e, ok := errors.AsType[*github.ErrorResponse](err); !ok || e.Response.StatusCode != 404 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := gh.Actions.DeleteCachesByID(t.Context(), "local", "repo", id); err != nil {
		t.Fatal(err)
	}
	_, err := gh.Actions.DeleteCachesByID(t.Context(), "local", "repo", id)
	gone("the same id again", err)
	_, err = gh.Actions.DeleteCachesByKey(t.Context(), "local", "repo", "a", new("refs/heads/none"))
	gone("another ref", err)
	if _, err := gh.Actions.DeleteCachesByKey(t.Context(), "local", "repo", "a", nil); err != nil {
		t.Fatal(err)
	}
	got := s.do(t, "DELETE", "/repos/local/repo/actions/caches?key=c&ref=refs/heads/main", s.restToken(t, true), "")
	if got.status != 200 || !strings.Contains(got.body, `"total_count":1`) || !strings.Contains(got.body, `"key":"c"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := s.do(t, "DELETE", "/repos/local/repo/actions/caches", s.restToken(t, true), ""); got.status != 422 {
		t.Errorf("without a key: %d %s", got.status, got.body)
	}
	usage, _, err := gh.Actions.GetCacheUsageForRepo(t.Context(), "local", "repo")
	if err != nil || usage.FullName != "local/repo" || usage.ActiveCachesCount != 1 || usage.ActiveCachesSizeInBytes != 1 {
		t.Errorf("usage %+v, %v", usage, err)
	}
	byRepo, _, err := gh.Actions.ListCacheUsageByRepoForOrg(t.Context(), "local", nil)
	if err != nil || byRepo.TotalCount != 1 || *byRepo.RepoCacheUsage[0] != *usage {
		t.Errorf("usage by repository %+v, %v", byRepo, err)
	}
	total, _, err := gh.Actions.GetTotalCacheUsageForOrg(t.Context(), "local")
	if err != nil || total.TotalActiveCachesCount != 1 || total.TotalActiveCachesUsageSizeInBytes != 1 {
		t.Errorf("usage of the organization %+v, %v", total, err)
	}
}

func TestRESTRefusals(t *testing.T) {
	s := serve(t, Options{})
	id := s.save(t, mainRef, "a", "1")
	read, write := s.restToken(t, false), s.restToken(t, true)
	const path = "/repos/local/repo/actions/caches"
	for name, tt := range map[string]struct {
		method, url, token string
		status             int
		message            string
	}{
		"no token":           {"GET", path, "", 401, "Bad credentials"},
		"a runtime token":    {"GET", path, s.token(t), 401, "Bad credentials"},
		"a token to read":    {"DELETE", fmt.Sprintf("%s/%d", path, id), read, 403, "Resource not accessible by integration"},
		"limits to read":     {"PUT", "/repos/local/repo/actions/cache/storage-limit", read, 403, "Resource not accessible by integration"},
		"another repository": {"GET", "/repos/local/other/actions/caches", write, 404, "Not Found"},
		"another owner":      {"GET", "/orgs/other/actions/cache/usage", write, 404, "Not Found"},
		"no such path":       {"GET", "/repos/local/repo/issues", write, 404, "Not Found"},
		"who uses entries":   {"GET", "/repos/local/repo/actions/runs?status=queued", write, 404, "Not Found"},
		"nowhere":            {"GET", "/nowhere", write, 404, "Not Found"},
	} {
		got := s.do(t, tt.method, tt.url, tt.token, "")
		if got.status != tt.status || !strings.Contains(got.body, tt.message) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if tt.status == 403 && got.header.Get("X-Accepted-GitHub-Permissions") != "actions=write" {
			t.Errorf("%s: headers %v", name, got.header)
		}
	}
	if count, _ := s.entries.Usage(); count != 1 {
		t.Error("the entry is gone")
	}
}

func TestLimitsAreReadAndChanged(t *testing.T) {
	s := serve(t, Options{MaxSize: 100 << 20})
	s.save(t, mainRef, "a", "1")
	token := s.restToken(t, true)
	for _, prefix := range []string{"/repos/local/repo", "/api/v3/organizations/local"} {
		for _, tt := range []struct{ limit, before, body, after string }{
			{"retention-limit", `{"max_cache_retention_days":7}`, `{"max_cache_retention_days":30}`, `{"max_cache_retention_days":7}`},
			{"storage-limit", `{"max_cache_size_gb":1}`, `{"max_cache_size_gb":50}`, `{"max_cache_size_gb":1}`},
		} {
			url := prefix + "/actions/cache/" + tt.limit
			if got := s.do(t, "GET", url, token, ""); strings.TrimSpace(got.body) != tt.before {
				t.Errorf("%s: %s", url, got.body)
			}
			for _, bad := range []string{strings.Replace(tt.body, ":", ":-", 1), `{}`, `{`} {
				if got := s.do(t, "PUT", url, token, bad); got.status != 422 && got.status != 400 {
					t.Errorf("%s %s: %d", url, bad, got.status)
				}
			}
			for _, body := range []string{tt.body, tt.after} {
				if got := s.do(t, "PUT", url, token, body); got.status != 204 {
					t.Errorf("%s: %d %s", url, got.status, got.body)
				}
				if got := s.do(t, "GET", url, token, ""); strings.TrimSpace(got.body) != body {
					t.Errorf("%s: %s", url, got.body)
				}
			}
		}
	}
}

func TestRepositoryAsFarAsKnown(t *testing.T) {
	for name, tt := range map[string]struct {
		refs                              []string
		branches, tags, open, closed, all string
	}{
		"what holds entries exists": {nil, "feature main trunk", "v1", "7", "", "7"},
		"what is said to exist does": {
			[]string{"refs/heads/new", "refs/tags/v2", "refs/pull/8/merge"}, "new trunk", "v2", "8", "7", "8 7",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Options{DefaultBranch: "trunk", Refs: tt.refs})
			for _, ref := range []string{mainRef, "refs/heads/feature", "refs/tags/v1", "refs/pull/7/merge", "refs/pull/x/merge"} {
				s.save(t, ref, "a", "1")
			}
			gh, ctx := s.github(t, false), t.Context()
			repo, _, err := gh.Repositories.Get(ctx, "local", "repo")
			if err != nil || repo.GetDefaultBranch() != "trunk" || repo.GetFullName() != "local/repo" || repo.GetOwner().GetLogin() != "local" {
				t.Errorf("repository %v, %v", repo, err)
			}
			var branches, tags []string
			listed, _, err := gh.Repositories.ListBranches(ctx, "local", "repo", nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range listed {
				branches = append(branches, b.GetName())
			}
			refs, _, err := gh.Git.ListMatchingRefs(ctx, "local", "repo", "tags/")
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range refs {
				tags = append(tags, strings.TrimPrefix(r.GetRef(), "refs/tags/"))
			}
			if got := strings.Join(branches, " "); got != tt.branches {
				t.Errorf("branches %q, want %q", got, tt.branches)
			}
			if got := strings.Join(tags, " "); got != tt.tags {
				t.Errorf("tags %q, want %q", got, tt.tags)
			}
			for state, want := range map[string]string{"": tt.open, "open": tt.open, "closed": tt.closed, "all": tt.all} {
				pulls, _, err := gh.PullRequests.List(ctx, "local", "repo", &github.PullRequestListOptions{State: state})
				if err != nil {
					t.Fatal(err)
				}
				var numbers []string
				for _, p := range pulls {
					numbers = append(numbers, fmt.Sprint(p.GetNumber()))
					if p.GetBase().GetRef() != "trunk" {
						t.Errorf("base %v", p.GetBase())
					}
				}
				if got := strings.Join(numbers, " "); got != want {
					t.Errorf("%s pull requests %q, want %q", state, got, want)
				}
			}
		})
	}
}

// gh reaches the service as a proxy: GH_HOST=github.localhost HTTP_PROXY=….
func TestRequestsInAbsoluteForm(t *testing.T) {
	s := serve(t, Options{})
	for i := range 3 {
		s.save(t, mainRef, fmt.Sprint(i), "1")
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET http://api.github.localhost/repos/local/repo/actions/caches?per_page=2 HTTP/1.1\r\n"+
		"Host: api.github.localhost\r\nAuthorization: token %s\r\n\r\n", s.restToken(t, false))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	want := `<http://api.github.localhost/repos/local/repo/actions/caches?page=2&per_page=2>; rel="next"`
	if link := resp.Header.Get("Link"); resp.StatusCode != 200 || !strings.HasPrefix(link, want) {
		t.Errorf("%s, %q", resp.Status, link)
	}
}
