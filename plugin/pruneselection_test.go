package plugin

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

func TestPruneSelects(t *testing.T) {
	for name, c := range map[string]struct {
		laptop bool
		args   []string
		code   int
		want   []string
	}{
		"a pull request goes whole, though no index can be read": {
			true, []string{"--ref", "12", "--dry-run"}, 0, []string{"delete    ref", "Total reclaimable space: "},
		},
		"a scope that is misspelt": {
			false, []string{"--scope", "wbe", "--force"}, 0,
			[]string{"warning: --scope wbe matches nothing\nhint: --scope web\n", "Total reclaimed space: 0B"},
		},
		"a ref that is misspelt": {
			false, []string{"--ref", "mian", "--force"}, 0, []string{"warning: --ref mian matches nothing", "Total reclaimed space: 0B"},
		},
		"an ID that there is not": {
			false, []string{"--id", "99999", "--force"}, 0, []string{"warning: --id 99999 matches nothing\n", "Total reclaimed space: 0B"},
		},
		"an entry by its ID": {false, []string{"--id", "2", "--grace", "0", "--force"}, 0, []string{"delete    selected", "1 entry with 50KiB: deleted"}},
		"a layer that one index references stays": {
			false, []string{"--id", "15", "--force"}, 0, []string{
				"warning: entry 15 is kept: the index of scope app on #12 references it\nhint: docker ghacache prune --scope app --ref '#12'   # deletes the whole cache\n",
				"keep      in use", "Total reclaimed space: 0B",
			},
		},
		"a layer that several reference stays": {
			false, []string{"--id", "13", "--force"}, 0, []string{
				"warning: entry 13 is kept: the indexes of scope app on main, scope app on #12, scope web on main reference it\nhint: docker ghacache prune --scope app --ref main ",
				"\nhint: docker ghacache prune --scope web --ref main   # deletes the whole cache\n",
			},
		},
		"of many references a few are told": {
			false, []string{"--id", "1", "--force"}, 0, []string{" and 3 more reference it\n"},
		},
		"a layer goes with the index that references it": {false, []string{"--id", "15,16", "--force"}, 0, []string{"delete    selected"}},
		"many layers that stay are counted": {
			false, []string{"--key", "buildkit-blob-1-", "--grace", "0", "--force"}, 0,
			[]string{"warning: entry 1 is kept: ", "warning: entry 7 is kept: ", "warning: 4 more of the selected entries are kept\n"},
		},
		"a layer that an unread index might reference stays": {
			true, []string{"--id", "13", "--force"}, 0, []string{"warning: entry 13 is kept: an index that was not read might reference it\n"},
		},
		"another tool's entry by its key": {
			false, []string{"--key", "setup-go-", "--force"}, 0, []string{"delete    selected", "1 entry with 5MiB: deleted"},
		},
		"less versions": {false, []string{"--keep-versions", "1", "--dry-run"}, 0, []string{"delete    superseded", "keep      in use"}},
		"a state":       {false, []string{"--state", "superseded", "--dry-run"}, 0, []string{"delete    superseded              1 "}},
		"an unknown state": {
			false, []string{"--state", "live", "--force"}, 125, []string{`error: unknown state "live"`, "hint: --state superseded, unreferenced, closed or incomplete"},
		},
		"no version at all":     {false, []string{"--keep-versions", "0", "--force"}, 125, []string{"error: --keep-versions 0 would delete every index"}},
		"an ID and a reason":    {false, []string{"--id", "1", "--closed", "--force"}, 125, []string{"error: --id and --key select single entries, so "}},
		"a limit that is kept":  {false, []string{"--keep-storage", "9MB", "--force"}, 0, []string{"Total reclaimed space: "}},
		"docker's name for it":  {false, []string{"--max-used-space", "9MB", "--force"}, 0, []string{"Total reclaimed space: "}},
		"a limit that is not":   {true, []string{"--keep-storage", "1MB", "--force"}, 1, []string{"are left, which is more than 1MiB: ", "the layers that only it references are not known", "hint: --"}},
		"a limit for all tools": {false, []string{"--keep-storage", "6MB", "--include-other", "--force"}, 0, []string{"delete    keep-storage"}},
		"what is likely is a hint": {
			true, []string{"--force"}, 0, []string{"likely    an index that was not read might reference it", "info: kept, but likely unneeded: ", "hint: docker ghacache prune --likely   # if that is wrong, the next build runs one step again\n"},
		},
		"what is likely goes where that is wanted": {true, []string{"--likely", "--force"}, 0, []string{"delete (likely)  unreferenced"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := exampleLaptop(t)
			if !c.laptop {
				d = exampleJob(t, cacheserver.Options{})
			}
			got := d.run(append([]string{"prune"}, c.args...)...)
			wantText(t, got.stderr+got.stdout, c.want...)
			if got.code != c.code {
				t.Errorf("exit %d\n%s%s", got.code, got.stdout, got.stderr)
			}
		})
	}
}

func TestPruneWarnsOfWhatIsSelectedAndKept(t *testing.T) {
	for name, c := range map[string]struct {
		args      []string
		want, not string
	}{
		"a layer on another ref": {[]string{"--key", "buildkit-blob-1-", "--ref", "#9"}, "warning: entry 9 is kept: the index of scope app on #9 references it\n", "main"},
		"a layer used since":     {[]string{"--id", "15", "--filter", "until=8760h"}, "Total reclaimable space: 0B", "is kept"},
		"a layer of other scopes": {
			[]string{"--id", "15", "--scope", "web"}, "Total reclaimable space: 0B", "is kept",
		},
		"a layer of the scope and of others": {
			[]string{"--id", "13", "--scope", "web"}, "warning: entry 13 is kept: the indexes of scope web on main and 2 more reference it\n", "hint: ",
		},
		"the caches that are told are not all": {[]string{"--id", "1"}, " and 3 more reference it\n", "hint: "},
	} {
		t.Run(name, func(t *testing.T) {
			got := exampleJob(t, cacheserver.Options{}).run(append([]string{"prune", "--dry-run"}, c.args...)...)
			wantText(t, got.stderr+got.stdout, c.want)
			if got.code != 0 || strings.Contains(got.stderr, c.not) {
				t.Errorf("exit %d\n%s%s", got.code, got.stdout, got.stderr)
			}
		})
	}
}

// TestTheSameCommandTwiceMakesTheSamePlan has the first run read the indexes, which the
// service takes for a use.
func TestTheSameCommandTwiceMakesTheSamePlan(t *testing.T) {
	for name, args := range map[string][]string{
		"until": {"prune", "--filter", "until=216h", "--dry-run"}, "keep-storage": {"prune", "--keep-storage", "5MB", "--dry-run"},
	} {
		t.Run(name, func(t *testing.T) {
			d := exampleJob(t, cacheserver.Options{})
			first := d.run(args...)
			d.begun = time.Now().Add(-time.Second)
			d.run("ls")
			second := d.run(args...)
			if first.stdout != second.stdout || !strings.Contains(first.stdout, "delete") {
				t.Errorf("first\n%s\nsecond\n%s", first.stdout, second.stdout)
			}
		})
	}
}

func TestATokenThatMayNotDeleteIsOneError(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	rest, err := d.service.RESTToken(false, validity)
	check(t, err)
	d.vars["GITHUB_TOKEN"] = rest
	deletions := 0
	d.before = func(r *http.Request) {
		if r.Method == http.MethodDelete {
			deletions++
		}
	}
	got := d.run("prune", "--force")
	if n := strings.Count(got.stderr, "Resource not accessible"); n != 1 || deletions != 1 || got.code != 1 {
		t.Errorf("%d deletions, %d errors, exit %d\n%s", deletions, n, got.code, got.stderr)
	}
	wantText(t, got.stderr, "error: deleting cache ", "hint: in a workflow: permissions: {actions: write}")
}

func TestAServiceWithoutRunsIsNotWarnedOf(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{Faults: servertest.Faults(t, "GET /repos/octo/app/actions/runs:404")})
	d.vars["GITHUB_API_URL"] = d.url + "/api/v3"
	d.before = func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/actions/runs") { // past the desk's own answer
			r.URL.Path += "/"
		}
	}
	got := d.run("prune", "--dry-run")
	if strings.Contains(got.stderr, "workflow runs") || !strings.Contains(got.stdout, "delete    unreferenced") {
		t.Errorf("%s%s", got.stdout, got.stderr)
	}
}

func TestPruneAsksForWhatIsLikely(t *testing.T) {
	for answer, want := range map[string]string{"y\n": "deleted", "likely\n": "deleted"} {
		d := exampleLaptop(t)
		before := len(strings.Fields(d.ids()))
		got := d.runOn(t.Context(), wide, []string{"prune"}, answer)
		wantText(t, got.stdout, "more with 3.857MiB are likely unneeded. If that is wrong, the next build runs one step again.", "[y/N] ", want)
		gone := before - len(strings.Fields(d.ids()))
		if all := answer == "likely\n"; gone != 5 && !all || gone != 8 && all {
			t.Errorf("%q deleted %d\n%s", answer, gone, got.stdout)
		}
	}
}
