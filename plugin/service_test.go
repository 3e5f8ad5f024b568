package plugin

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker/cli/cli/command"
	"golang.org/x/sync/errgroup"
)

var update = flag.Bool("update", false, "write the golden files")

// noon is when the tests take place. Real clients find their tokens valid.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

const (
	day       = 24 * time.Hour
	validity  = 200 * 365 * day
	mainRef   = "refs/heads/main"
	otherTool = "setup-go-Linux-x64-go1.26"
)

// entry is one to begin with.
type entry struct {
	ref, key, version string
	age               time.Duration
	content           []byte
}

// many is how many entries are stored together, in no order of their own: the store
// waits to write at once what comes at once.
const many = 1500

// fill puts entries into a folder that is to be served.
func fill(t testing.TB, dir string, entries ...entry) {
	t.Helper()
	var at time.Time
	s, err := store.Open(dir, store.Options{
		Limits: store.Limits{Size: 1 << 40, Age: 1000 * day}, Idle: time.Hour,
		Now: func() time.Time { return at }, Warn: func(err error) { t.Error(err) },
	})
	check(t, err)
	var group errgroup.Group
	group.SetLimit(many)
	for _, e := range entries {
		if now := noon.Add(-e.age); len(entries) < many || at.IsZero() {
			check(t, group.Wait())
			at = now
		}
		group.Go(func() error { return put(s, e) })
	}
	check(t, group.Wait())
	check(t, s.Close())
}

func put(s *store.Store, e entry) error {
	version := e.version
	if version == "" {
		version = bkcache.Version
	}
	id, err := s.Reserve(store.Name{Ref: e.ref, Key: e.key, Version: version}, e.key)
	if err != nil {
		return err
	}
	size := int64(len(e.content))
	if err := s.WriteChunk(id, 0, size, bytes.NewReader(e.content)); err != nil {
		return err
	}
	return s.Finish(id, size)
}

// desk is where somebody runs commands on the cache of octo/app.
type desk struct {
	t       testing.TB
	dir     string // of the service
	service *cacheserver.Server
	url     string
	begun   time.Time // if it is set, the clock goes on
	vars    map[string]string
	stdin   string
	before  func(*http.Request) // called before the service answers
}

// serve starts a service on what entries there are, and a job on it that reads refs.
// Without refs it is no job, but a laptop.
func serve(t testing.TB, opts cacheserver.Options, entries []entry, refs ...string) *desk {
	t.Helper()
	d := &desk{t: t, dir: memoryDir(t)}
	fill(t, d.dir, entries...)
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
		if strings.HasSuffix(r.URL.Path, "/actions/runs") {
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
		return noon
	}
	return noon.Add(time.Since(d.begun))
}

// enter makes a job whose token reads refs and writes the first one.
func (d *desk) enter(refs ...string) {
	d.t.Helper()
	var scopes []cacheserver.Scope
	for i, ref := range refs {
		scopes = append(scopes, cacheserver.Scope{Ref: ref, Write: i == 0})
	}
	token, err := d.service.RuntimeToken(scopes, validity)
	check(d.t, err)
	for _, v := range d.service.Environment(d.url, token, d.vars["GITHUB_TOKEN"]) {
		d.vars[v.Name] = v.Value
	}
}

func faults(t testing.TB, texts ...string) (all []cacheserver.Fault) {
	t.Helper()
	for _, text := range texts {
		f, err := cacheserver.ParseFault(text)
		check(t, err)
		all = append(all, f)
	}
	return all
}

// memoryDir is a folder in memory where the machine has such: the store syncs every
// entry to disk, which is not what these tests are about.
func memoryDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "ghacache-plugin-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	return dir
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

// golden holds what a command left behind against a file.
func golden(t *testing.T, name string, got outcome) {
	t.Helper()
	text := got.stdout
	if got.stderr != "" {
		text += "--- stderr\n" + got.stderr
	}
	if got.code != 0 {
		text += fmt.Sprintf("--- exit %d\n", got.code)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		check(t, os.MkdirAll(filepath.Dir(file), 0o755))
		check(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	check(t, err)
	if string(want) != text {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
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
