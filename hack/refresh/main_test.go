package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

var day = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// api speaks the part of GitHub's API that lists tags, by pages. A tag that is annotated has an object of its own, which
// GitHub shows among the refs and not among the tags.
type api struct {
	tags   map[string][]string // of a repository
	status int                 // in place of a reply, if not 0
	pages  int                 // asked for
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	repo, ok := strings.CutPrefix(r.URL.Path, "/repos/")
	repo, isTags := strings.CutSuffix(repo, "/tags")
	switch {
	case a.status != 0:
		w.WriteHeader(a.status)
		fmt.Fprint(w, `{"message":"Bad credentials"}`)
		return
	case r.Header.Get("Authorization") != "Bearer secret":
		w.WriteHeader(http.StatusUnauthorized)
		return
	case !ok || !isTags || a.tags[repo] == nil:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"Not Found"}`)
		return
	}
	a.pages++
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	page := 1
	if p := r.URL.Query().Get("page"); p != "" {
		page, _ = strconv.Atoi(p)
	}
	all := a.tags[repo]
	begin, end := (page-1)*size, min(page*size, len(all))
	if end < len(all) {
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?per_page=%d&page=%d>; rel="next"`, r.Host, r.URL.Path, size, page+1))
	}
	reply := []any{}
	for _, name := range all[begin:end] {
		reply = append(reply, map[string]any{"name": name, "commit": map[string]string{"sha": "commit of " + name}, "node_id": "tag object of " + name})
	}
	if err := json.NewEncoder(w).Encode(reply); err != nil {
		panic(err)
	}
}

// project is a copy of the files that are refreshed.
func project(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, file := range []string{tagsFile, newestFile} {
		data, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, file), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func read(t *testing.T, root string) (actions map[string]map[string]string, newest string) {
	t.Helper()
	actions, err := readActions(root)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, newestFile))
	if err != nil {
		t.Fatal(err)
	}
	return actions, string(data)
}

// world has the tags that are known, and newer ones.
func world(t *testing.T) *api {
	t.Helper()
	actions, err := readActions("../..")
	if err != nil {
		t.Fatal(err)
	}
	a := &api{tags: map[string][]string{}}
	for repo, tags := range actions {
		a.tags[repo] = append(slices.Sorted(maps.Keys(tags)), "v99", "v99.1.0", "testEnableForGHES")
	}
	for i := range 250 { // the newest is on the third page
		a.tags["docker/buildx"] = append(a.tags["docker/buildx"], fmt.Sprintf("v0.%d.0", i))
	}
	a.tags["docker/buildx"] = append(a.tags["docker/buildx"], "v0.300.0-rc1", "v0.260")
	a.tags["moby/buildkit"] = []string{"dockerfile/1.99.0", release.NewestBuildKit}
	a.tags["moby/moby"] = []string{"v28.5.2", "api/v99.0.0", "docker-v99.1.2", "docker-v99.2.0-rc.1"}
	a.tags["actions/runner"] = []string{release.NewestRunner}
	a.tags["mozilla/sccache"] = []string{release.NewestSccache}
	return a
}

func token(name string) string {
	if name == "GH_TOKEN" {
		return "secret"
	}
	return ""
}

func TestRefresh(t *testing.T) {
	root, service := project(t), world(t)
	server := httptest.NewServer(service)
	defer server.Close()
	if err := run(t.Context(), root, server.URL+"/", token, day); err != nil {
		t.Fatal(err)
	}
	actions, newest := read(t, root)
	for _, want := range []string{`Refreshed = "2030-01-02"`, `NewestBuildx   = "v0.249.0" `, `NewestEngine   = "v99.1.2" `, strconv.Quote(release.NewestBuildKit)} {
		if !strings.Contains(newest, want) {
			t.Errorf("%s is not in\n%s", want, newest)
		}
	}
	for repo, tags := range actions {
		if tags["v99.1.0"] != "commit of v99.1.0" || tags["v99"] != "commit of v99" || tags["testEnableForGHES"] != "" {
			t.Errorf("%s has %q", repo, tags)
		}
	}
	if service.pages < len(service.tags)+2 {
		t.Errorf("%d pages were asked for of %d repositories", service.pages, len(service.tags))
	}
}

func TestWhatIsUpToDateOnlyChangesItsDate(t *testing.T) {
	root := project(t)
	actions, before := read(t, root)
	if err := write(root, actions, programs(), day); err != nil {
		t.Fatal(err)
	}
	tags, err := os.ReadFile(filepath.Join(root, tagsFile))
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join("../..", tagsFile))
	if err != nil {
		t.Fatal(err)
	}
	if string(tags) != string(own) {
		t.Errorf("%s is written in another way", tagsFile)
	}
	_, after := read(t, root)
	if got, want := strings.ReplaceAll(after, "2030-01-02", release.Refreshed), before; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRefreshSaysInALineWhatIsMissing(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	for name, test := range map[string]struct {
		change func(*api)
		url    string
		env    func(string) string
		says   string
	}{
		"a token":               {env: func(string) string { return "" }, says: "no token: set GITHUB_TOKEN or GH_TOKEN"},
		"a token that is valid": {change: func(a *api) { a.status = http.StatusUnauthorized }, says: "401 Bad credentials"},
		"the network":           {url: down.URL + "/", says: "connection refused"},
		"a repository":          {change: func(a *api) { delete(a.tags, "mozilla/sccache") }, says: "listing the tags of mozilla/sccache: "},
		"the versions":          {change: func(a *api) { a.tags["actions/runner"] = []string{"main"} }, says: "listing the tags of actions/runner: none is a version"},
		"the newest version": {
			change: func(a *api) { a.tags["actions/runner"] = []string{"v2.1.0"} },
			says:   `the newest tag of actions/runner is "v2.1.0", and ` + release.NewestRunner + " is known",
		},
	} {
		t.Run(name, func(t *testing.T) {
			root, service := project(t), world(t)
			if test.change != nil {
				test.change(service)
			}
			server := httptest.NewServer(service)
			defer server.Close()
			url, env := server.URL+"/", token
			if test.url != "" {
				url = test.url
			}
			if test.env != nil {
				env = test.env
			}
			err := run(t.Context(), root, url, env, day)
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want one line with %q", err, test.says)
			}
			_, before := read(t, "../..")
			if _, after := read(t, root); after != before {
				t.Errorf("something was written:\n%s", after)
			}
		})
	}
}
