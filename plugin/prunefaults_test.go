package plugin

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestPruneFaults(t *testing.T) {
	const deletion = "DELETE /repos/octo/app/actions/caches/*"
	tests := []struct {
		name   string
		fault  string
		code   int
		stderr []string
	}{
		{"a permission is missing", deletion + ":403", 1, []string{"403 injected fault", "hint: in a workflow: permissions: {actions: write}"}},
		{"what is hidden from the token is not deleted", deletion + ":404", 1, []string{"404 injected fault", "hint: in a workflow: permissions: {actions: write}"}},
		{"one entry is hidden from it", deletion + ":404:1", 1, []string{"404 injected fault", ": deleted\n"}},
		{"a conflict on one entry does not stop the rest", deletion + ":409:1", 1, []string{"409 injected fault", "1 entry with "}},
		{"a service that fails in passing", deletion + ":502:2", 0, nil},
		{"a connection that is cut", deletion + ":cut:2", 0, nil},
		{"listing is forbidden", "GET /repos/octo/app/actions/caches:403", 1, []string{"403", "permissions: {actions: read}"}},
		{"runs are not known", "GET /repos/octo/app/actions/runs:403", 0, []string{"warning: workflow runs are unknown, so entries used within 24h0m0s are kept: "}},
		{"refs are not known", "GET /repos/octo/app/pulls:403", 0, []string{"warning: not all refs are known: ", "pull-requests: read"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := exampleJob(t, cacheserver.Options{Faults: servertest.Faults(t, tt.fault)})
			d.begun = time.Now()
			got := d.run("prune", "--force")
			if got.code != tt.code {
				t.Errorf("%+v", got)
			}
			wantText(t, got.stderr, tt.stderr...)
			if len(tt.stderr) > 0 && strings.Count(got.stderr, tt.stderr[0]) > 10 {
				t.Errorf("a line for each of many failures:\n%s", got.stderr)
			}
			for line := range strings.Lines(got.stderr) {
				if n := strings.Count(got.stderr, line); strings.HasPrefix(line, "hint: ") && n > 1 {
					t.Errorf("%d times: %s", n, line)
				}
			}
		})
	}
}

func TestPruneWaitsForLimits(t *testing.T) {
	for name, c := range map[string]struct{ fault, wait string }{
		"one that does not say when":     {"DELETE *:429", "1m0s"},
		"one that says when":             {"DELETE *:429:0:120", "2m0s"},
		"a secondary one that says when": {"DELETE *:403:0:120", "2m0s"},
		"one that listing runs into":     {"GET *:429", "1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			d := exampleJob(t, cacheserver.Options{Faults: servertest.Faults(t, c.fault)})
			d.vars["NO_COLOR"] = "1"
			term := newTerminal(t, wide)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				term.reply("waiting "+c.wait+" for the rate limit of ", 1, "")
				cancel(interrupt{})
			}()
			start := time.Now()
			code := d.start(ctx, term.tty, term.tty, term.tty, []string{"prune", "--force"})
			got := d.outcome(term.close(), "", code)
			wantText(t, got.stdout, "waiting "+c.wait, "error: ")
			if waited := time.Since(start); code != 130 || waited > 5*time.Second {
				t.Errorf("exit %d after %s\n%s", code, waited, got.stdout)
			}
			if strings.HasPrefix(c.fault, "DELETE") {
				wantText(t, got.stdout, "7 entries with 1.419MiB: not reached\n", "Total reclaimed space: 0B\n")
			}
		})
	}
}

// TestPruneReadsNoOtherRepository has a job of another repository, whose indexes have
// the keys and sizes of those here and name other layers, prune this one.
func TestPruneReadsNoOtherRepository(t *testing.T) {
	held := func(name string) []servertest.Entry {
		return []servertest.Entry{servertest.Layer(servertest.Main, name, 9*day), servertest.Index("web", servertest.Main, 1, 9*day, name)}
	}
	for name, repository := range map[string]string{"a job that names no repository": "", "a job of another repository": "octo/web"} {
		t.Run(name, func(t *testing.T) {
			d := serve(t, cacheserver.Options{}, held("app"))
			other := serve(t, cacheserver.Options{}, held("web"), servertest.Main)
			for _, name := range []string{"ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL", "ACTIONS_CACHE_SERVICE_V2"} {
				d.vars[name] = other.vars[name]
			}
			d.vars["GITHUB_REPOSITORY"] = repository
			got := d.run("prune", "--repo", "octo/app", "--unreferenced", "--grace", "0", "--dry-run")
			wantText(t, got.stdout, "unknown   an index that was not read might reference it  1 ")
			wantText(t, got.stderr, "1 of 1 index cannot be read here")
		})
	}
}
