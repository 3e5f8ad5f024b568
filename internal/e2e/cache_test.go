package e2e

import (
	"net/http"
	"strings"
	"testing"
)

const (
	mainRef    = "refs/heads/main"
	featureRef = "refs/heads/feature"
)

func TestCacheIsShownAndReclaimed(t *testing.T) {
	u := newUser(t, shared.remote)
	s := serve(t)
	u.enter(s)
	export := func(dir, scope string) {
		t.Helper()
		u.run(build(dir, toAndFrom(scope)...)...)
	}
	one, two, three := image(t), image(t), image(t)
	for range 2 { // versions of the index that are to be superseded, one of them
		export(image(t), "app")
	}
	export(one, "app")
	export(two, "web")
	u.set("ACTIONS_RUNTIME_TOKEN", s.token(t, "--ref", featureRef, "--ref", mainRef+":ro"))
	export(three, "app")
	u.set("ACTIONS_RUNTIME_TOKEN", s.token(t, "--ref", mainRef, "--ref", featureRef+":ro"))

	caches := u.run("ghacache", "ls", "--format", "{{.Scope}} {{.Ref}} {{.Layers}} {{.State}}").stdout
	if want := "app refs/heads/feature 4 live\napp refs/heads/main 4 live\nweb refs/heads/main 4 live\n"; caches != want {
		t.Errorf("ls says\n%s", caches)
	}
	wantText(t, u.run("ghacache", "du").stdout, "(several scopes)", "refs/heads/feature")
	tree := u.run("ghacache", "inspect", "app", "--ref", "main").stdout
	wantText(t, tree, "Versions:    3", "· record sha256:", "web@refs/heads/main")
	if n := strings.Count(tree, "present"); n != 4 || strings.Contains(tree, "MISSING") {
		t.Errorf("%d layers are present", n)
	}

	// All of it is young, so by itself prune leaves everything.
	wantText(t, u.run("ghacache", "prune", "--force").stdout, "Total reclaimed space: 0B")
	before := u.entries()
	dry := u.run("ghacache", "prune", "--superseded", "--unreferenced", "--grace", "0", "--dry-run").stdout
	wantMatch(t, dry, `(?m)^delete +superseded +[2-4] `) // an index and the layers that only it references; steps of one second write the same layer
	if after := u.entries(); after != before {
		t.Errorf("a dry run left %q of %q", after, before)
	}
	u.run("ghacache", "prune", "--superseded", "--unreferenced", "--grace", "0", "--force")
	u.run("ghacache", "prune", "--ref", "feature", "--force")
	wantText(t, u.run("ghacache", "prune", "--ref", "feature", "--force").stdout, "Total reclaimed space: 0B")

	for scope, dir := range map[string]string{"app": one, "web": two} {
		u.run("ghacache", "inspect", scope)
		u.forget()
		wantCached(t, u.run(build(dir, "--cache-from", "type=gha,scope="+scope)...).stderr)
	}
	u.set("ACTIONS_RUNTIME_TOKEN", s.token(t, "--ref", featureRef, "--ref", mainRef+":ro"))
	u.forget()
	if steps := uncached(t, u.run(build(three, "--cache-from", "type=gha,scope=app")...).stderr); len(steps) == 0 {
		t.Error("what was deleted is still there")
	}
}

func TestInspectFindsWhatWasEvicted(t *testing.T) {
	u := newUser(t, shared.remote)
	u.enter(serve(t))
	u.run(build(image(t), toAndFrom("app")...)...)
	layer, _, _ := strings.Cut(u.run("ghacache", "ls", "--entries", "--filter", "kind=layer", "-q").stdout, "\n")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, u.env["GITHUB_API_URL"]+"/repos/octo/app/actions/caches/"+layer, nil)
	check(t, err)
	req.Header.Set("Authorization", "Bearer "+u.env["GITHUB_TOKEN"])
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	check(t, resp.Body.Close())
	got := u.try("ghacache", "inspect", "app")
	wantText(t, got.stdout, "MISSING", "Missing:")
	if got.code != 1 {
		t.Errorf("exit %d", got.code)
	}
}

// entries are the ids of all that the cache holds.
func (u *user) entries() string {
	u.t.Helper()
	return u.run("ghacache", "ls", "--all", "-q").stdout
}

// indexes counts what exports have written to a scope.
func (u *user) indexes(scope string) int {
	u.t.Helper()
	return strings.Count(u.run("ghacache", "ls", "--entries", "--scope", scope, "--filter", "kind=index", "-q").stdout, "\n")
}
