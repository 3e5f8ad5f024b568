package plugin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

func TestPruneDryRun(t *testing.T) {
	tests := []struct {
		name string
		args []string
	}{
		{"everything-provable", nil},
		{"closed", []string{"--closed"}},
		{"superseded", []string{"--superseded"}},
		{"unreferenced", []string{"--unreferenced"}},
		{"unreferenced-without-grace", []string{"--unreferenced", "--grace", "0"}},
		{"scope", []string{"--scope", "w*"}},
		{"ref", []string{"--ref", "#12"}},
		{"until", []string{"--filter", "until=216h"}},
		{"keep-storage", []string{"--keep-storage", "5MB"}},
		{"all", []string{"--all"}},
		{"all-and-other", []string{"--all", "--include-other"}},
		{"json", []string{"--format", "json"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"prune", "--dry-run"}, tt.args...)
			d := exampleJob(t, cacheserver.Options{})
			before := d.ids()
			d.run(args...)
			if after := d.ids(); after != before {
				t.Errorf("a dry run left %s of %s", after, before)
			}
			leftOnScreens(t, "prune/"+tt.name, func() *desk { return exampleJob(t, cacheserver.Options{}) }, 60, args)
		})
	}
	left(t, "prune/laptop", exampleLaptop(t).run("prune", "--dry-run"))
}

func TestPruneDoesNotTakeItsOwnReadingForUse(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	d.begun = time.Now()
	wantText(t, d.run("prune", "--filter", "until=216h", "--force").stderr, "delete    until         2 ", "3 entries with 751.3KiB: deleted")
}

func TestPruneAllIsNotAskedForLess(t *testing.T) {
	for _, args := range [][]string{{"--keep-storage", "8GB"}, {"--closed"}, {"--superseded"}, {"--unreferenced"}} {
		d := exampleJob(t, cacheserver.Options{})
		before := d.ids()
		got := d.run(append([]string{"prune", "--all", "--force"}, args...)...)
		wantText(t, got.stderr, "error: --all deletes everything, so ", "hint: leave out --all\n")
		if after := d.ids(); got.code == 0 || after != before {
			t.Errorf("%s: exit %d, %s is left of %s", args, got.code, after, before)
		}
	}
}

// What is left of the example once all that is provable is gone.
const pruned = "1 13 14 15 16 17 18 5 6 7 8"

func TestPrune(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	left(t, "prune/forced", d.run("prune", "--force"))
	left(t, "prune/nothing-left", d.run("prune", "--force"))
	left(t, "prune/result-json", exampleJob(t, cacheserver.Options{}).run("prune", "--force", "--format", "json"))
}

func TestPruneAsks(t *testing.T) {
	for name, answers := range map[string][]string{"yes": {"y\n"}, "no": {"n\n"}, "nothing": {"\n"}} {
		t.Run(name, func(t *testing.T) {
			d := exampleJob(t, cacheserver.Options{})
			before := d.ids()
			got := d.runOn(t.Context(), wide, []string{"prune"}, answers...)
			left(t, "prune/answer-"+name, outcome{stdout: withoutProgress(got.stdout), code: got.code})
			if after := d.ids(); (after == before) != (name != "yes") {
				t.Errorf("%s is left of %s", after, before)
			}
		})
	}
	ended := exampleJob(t, cacheserver.Options{}).runOn(t.Context(), wide, []string{"prune"}, endOfFile)
	left(t, "prune/answer-nothing", outcome{stdout: withoutProgress(ended.stdout), code: ended.code}) // the end of input is none, too
	left(t, "prune/nobody-to-ask", exampleJob(t, cacheserver.Options{}).run("prune"))
	left(t, "prune/json-asks-nobody", exampleJob(t, cacheserver.Options{}).runOn(t.Context(), wide, []string{"prune", "--format", "json"}))
}

func TestPruneKeepsWhatARunUnderWayCouldNeed(t *testing.T) {
	const run = `[{"id":7,"status":"in_progress","event":"push","head_branch":"main","run_started_at":"2026-03-10T11:59:00Z"}]`
	const kept = "a build under way could need "
	all := exampleJob(t, cacheserver.Options{})
	all.run("prune", "--force")
	pruned := all.ids()
	for name, test := range map[string]struct {
		own, jobs string
		args      []string
		more      bool
	}{
		"a run of somebody else":        {more: true},
		"that run, and --likely":        {args: []string{"--likely"}},
		"our own run":                   {own: "7", jobs: `[{"status":"in_progress"},{"status":"queued"}]`},
		"our own run, with another job": {own: "7", jobs: `[{"status":"in_progress"},{"status":"in_progress"}]`, more: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := exampleJob(t, cacheserver.Options{})
			d.runs, d.jobs = run, test.jobs
			d.vars["GITHUB_RUN_ID"] = test.own
			got := d.run(append([]string{"prune", "--force"}, test.args...)...)
			left := d.ids()
			if test.more {
				wantText(t, got.stderr, kept, "hint: docker ghacache prune --likely ")
			}
			if more := len(strings.Fields(left)) > len(strings.Fields(pruned)); got.code != 0 || more != test.more || strings.Contains(got.stderr, kept) != test.more {
				t.Errorf("exit %d, %s is left, without runs %s\n%s", got.code, left, pruned, got.stderr)
			}
		})
	}
}

// withoutProgress takes out the line that is drawn again and again.
func withoutProgress(seen string) string {
	var kept strings.Builder
	for line := range strings.Lines(seen) {
		if i := strings.LastIndex(line, "\r\x1b[K"); i >= 0 {
			line = line[i+len("\r\x1b[K"):]
		}
		kept.WriteString(line)
	}
	return kept.String()
}

func TestPruneInterruptedAtTheQuestion(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	d.vars["NO_COLOR"] = "1"
	before := d.ids()
	term := newTerminal(t, wide)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		term.reply("[y/N] ", 1, "")
		cancel(interrupt{})
	}()
	code := d.start(ctx, term.tty, term.tty, term.tty, []string{"prune"})
	if _, err := term.control.WriteString("\n"); err != nil { // or the read that is left holds the terminal
		t.Error(err)
	}
	got := d.outcome(term.close(), "", code)
	wantText(t, got.stdout, "error: nothing was deleted: interrupt signal received")
	if after := d.ids(); got.code != 130 || after != before {
		t.Errorf("exit %d, %s is left of %s", got.code, after, before)
	}
}

// interrupt is how the program's context ends on Ctrl-C.
type interrupt struct{}

func (interrupt) Error() string        { return "interrupt signal received" }
func (interrupt) Is(target error) bool { return target == context.Canceled }

func TestPruneInterruptedIsFinishedByTheNext(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	var deletions atomic.Int32
	d.before = func(r *http.Request) {
		if r.Method == http.MethodDelete && deletions.Add(1) == 3 {
			cancel(interrupt{})
		}
	}
	got := d.runContext(ctx, "prune", "--force")
	wantText(t, got.stdout, "Total reclaimed space: ")
	wantText(t, got.stderr, ": deleted\n", ": not reached\n", "error: stopped: interrupt signal received\nhint: docker ghacache prune   # deletes the rest\n")
	if got.code != 130 {
		t.Errorf("exit %d", got.code)
	}
	d.before = nil
	if got = d.run("prune", "--force"); got.code != 0 {
		t.Errorf("the second run: %+v", got)
	}
	if left := d.ids(); left != pruned {
		t.Errorf("left: %s, want %s", left, pruned)
	}
}

func TestPrunePlansAgainWhenAHeadChanged(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	var once atomic.Bool
	d.before = func(r *http.Request) {
		// The second plan begins with the runs again.
		if strings.HasSuffix(r.URL.Path, "/actions/runs") && once.Load() {
			once.Store(false)
			d.save(servertest.Index("web", servertest.Main, 2, 0, "base", "web"))
		}
	}
	term := newTerminal(t, wide)
	go func() {
		if term.reply("[y/N] ", 1, "") {
			once.Store(true)
			term.reply("[y/N] ", 1, "y\n")
			term.reply("[y/N] ", 2, "n\n")
		}
	}()
	before := d.ids()
	code := d.start(t.Context(), term.tty, term.tty, term.tty, []string{"prune"})
	got := d.outcome(term.close(), "", code)
	wantText(t, got.stdout, "the cache has changed meanwhile; planning again", "Total reclaimed space: 0B")
	if n := strings.Count(got.stdout, "WARNING!"); n != 2 || got.code != 0 {
		t.Errorf("asked %d times, exit %d", n, got.code)
	}
	if after := d.ids(); len(strings.Fields(after)) != len(strings.Fields(before))+1 {
		t.Errorf("%s is left of %s", after, before)
	}
}

// save writes an entry as a build would that exports now.
func (d *desk) save(e servertest.Entry) {
	d.t.Helper()
	token, err := d.service.RuntimeToken([]cacheserver.RefAccess{{Ref: e.Ref, Write: true}}, validity)
	if err != nil {
		d.t.Error(err)
		return
	}
	cache, err := actionscache.New(token, d.url, true, actionscache.Opt{})
	if err != nil {
		d.t.Error(err)
		return
	}
	if err := cache.Save(context.Background(), e.Key, actionscache.NewBlob(e.Content)); err != nil {
		d.t.Error(err)
	}
}

func TestPruneNeverDeletesUnknown(t *testing.T) {
	d := exampleLaptop(t)
	unknown := []string{"ls", "--entries", "--filter", "state=unknown", "-q"}
	before := d.run(unknown...).stdout
	left(t, "prune/laptop-forced", d.run("prune", "--force"))
	if after := d.run(unknown...).stdout; after != before || before == "" {
		t.Errorf("of %q is left %q", before, after)
	}
}

func TestFiftyThousandEntriesAreAMatterOfSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("the service takes a while to take in so many entries")
	}
	const count = 50_000
	var entries []servertest.Entry
	for i := range count {
		entries = append(entries, servertest.Entry{Ref: servertest.Main, Key: bkcache.LayerKey(fmt.Sprintf("sha256:%064x", i)).String(), Age: 2 * day})
	}
	d := serve(t, cacheserver.Options{}, entries)
	for _, args := range [][]string{{"ls", "--entries"}, {"prune", "--dry-run"}} {
		start := time.Now()
		got := d.run(args...)
		if lines := strings.Count(got.stdout, "\n"); lines <= count || got.code != 0 {
			t.Errorf("%s: exit %d, %d lines\n%s", args, got.code, lines, got.stderr)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %s", args, took)
		}
	}
}
