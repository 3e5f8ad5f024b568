package plugin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker/cli/cli/command"
)

// noon is when the tests take place. Real clients find their tokens valid.
func noon() time.Time { return servertest.Noon() }

const (
	day      = 24 * time.Hour
	validity = 200 * 365 * day
)

// desk is where somebody runs commands on the cache of octo/app.
type desk struct {
	t       testing.TB
	dir     string // of the service
	service *cacheserver.Server
	url     string
	begun   time.Time // if it is set, the clock goes on
	vars    map[string]string
	stdin   string
	runs    string              // the workflow runs in progress, as GitHub lists them; none if empty
	jobs    string              // of each of them
	before  func(*http.Request) // called before the service answers
}

// serve starts a service on what entries there are, and a job on it that reads refs.
// Without refs it is no job, but a laptop.
func serve(t testing.TB, opts cacheserver.Options, entries []servertest.Entry, refs ...string) *desk {
	t.Helper()
	d := &desk{t: t, dir: servertest.Dir(t)}
	servertest.Fill(t, d.dir, entries...)
	opts.Dir, opts.Repository, opts.MaxAge = d.dir, "octo/app", 90*day
	if opts.Now == nil {
		opts.Now = d.now
	}
	var err error
	d.service, err = cacheserver.Open(opts)
	check(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.before != nil {
			d.before(r)
		}
		switch {
		case d.runs != "" && strings.HasSuffix(r.URL.Path, "/jobs"):
			fmt.Fprintf(w, `{"jobs":%s}`, d.jobs)
			return
		case d.runs != "" && r.URL.Query().Get("status") == "in_progress":
			fmt.Fprintf(w, `{"workflow_runs":%s}`, d.runs)
			return
		case strings.HasSuffix(r.URL.Path, "/actions/runs"):
			w = noRuns{w}
		}
		d.service.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		check(t, d.service.Close())
	})
	d.url = server.URL
	rest, err := d.service.RESTToken(true, validity)
	check(t, err)
	d.vars = map[string]string{"GITHUB_API_URL": d.url + "/api/v3", "GITHUB_REPOSITORY": "octo/app", "GITHUB_TOKEN": rest}
	if len(refs) > 0 {
		d.enter(refs...)
	}
	return d
}

// noRuns makes of the service, which knows nothing of workflow runs, a GitHub that has none.
type noRuns struct{ http.ResponseWriter }

func (w noRuns) WriteHeader(status int) {
	if status == http.StatusNotFound {
		status = http.StatusOK
	}
	w.ResponseWriter.WriteHeader(status)
}

func (d *desk) now() time.Time {
	if d.begun.IsZero() {
		return noon()
	}
	return noon().Add(time.Since(d.begun))
}

// enter makes a job whose token reads refs and writes the first one.
func (d *desk) enter(refs ...string) {
	d.t.Helper()
	var scopes []cacheserver.RefAccess
	for i, ref := range refs {
		scopes = append(scopes, cacheserver.RefAccess{Ref: ref, Write: i == 0})
	}
	token, err := d.service.RuntimeToken(scopes, validity)
	check(d.t, err)
	for _, v := range d.service.Environment(d.url, token, d.vars["GITHUB_TOKEN"]) {
		d.vars[v.Name] = v.Value
	}
}

// outcome is what a command left behind.
type outcome struct {
	stdout, stderr string
	code           int
}

// run runs a command with pipes.
func (d *desk) run(args ...string) outcome {
	d.t.Helper()
	return d.runContext(d.t.Context(), args...)
}

func (d *desk) runContext(ctx context.Context, args ...string) outcome {
	d.t.Helper()
	var stdout, stderr locked
	code := d.start(ctx, io.NopCloser(strings.NewReader(d.stdin)), &stdout, &stderr, args)
	return d.outcome(stdout.String(), stderr.String(), code)
}

// start runs a command as Main does.
func (d *desk) start(ctx context.Context, stdin io.ReadCloser, stdout, stderr io.Writer, args []string) int {
	d.t.Helper()
	docker, err := command.NewDockerCli(command.WithInputStream(stdin), command.WithOutputStream(stdout), command.WithErrorStream(stderr))
	check(d.t, err)
	env := &Env{
		Docker: docker, Stdin: stdin, Stdout: stdout, Stderr: stderr, Standalone: true,
		Now: d.now, Environ: os.Environ,
		Lookup: func(name string) (string, bool) {
			value, ok := d.vars[name]
			return value, ok
		},
	}
	cmd := newRootCommand(ctx, env)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	return exitCode(env, cmd.Execute())
}

// outcome checks that no token got out, and hides what differs from run to run.
func (d *desk) outcome(stdout, stderr string, code int) outcome {
	d.t.Helper()
	for _, name := range []string{"GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN"} {
		if token := d.vars[name]; token != "" && strings.Contains(stdout+stderr, token) {
			d.t.Errorf("$%s is in the output:\n%s%s", name, stdout, stderr)
		}
	}
	hide := strings.NewReplacer(d.url, "http://service", strings.TrimPrefix(d.url, "http://"), "service")
	return outcome{hide.Replace(stdout), hide.Replace(stderr), code}
}

// ids are the entries that the service holds.
func (d *desk) ids() string {
	d.t.Helper()
	const runtime = "ACTIONS_RUNTIME_TOKEN"
	token, ok := d.vars[runtime]
	delete(d.vars, runtime) // to read the indexes is to use them
	all := d.run("ls", "--all", "-q").stdout
	if ok {
		d.vars[runtime] = token
	}
	return strings.Join(slices.Sorted(slices.Values(strings.Fields(all))), " ")
}

// locked takes writes of several goroutines.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantText(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

// exampleJob runs commands in a job that reads all of the example.
func exampleJob(t testing.TB, opts cacheserver.Options) *desk {
	t.Helper()
	opts.Refs = servertest.Refs()
	return serve(t, opts, servertest.Example(), servertest.Main, servertest.OpenPull, servertest.ClosedPull, servertest.DeletedRef, servertest.LongRef)
}

// exampleLaptop runs commands where there is no job.
func exampleLaptop(t testing.TB) *desk {
	t.Helper()
	return serve(t, cacheserver.Options{Refs: servertest.Refs()}, servertest.Example())
}
