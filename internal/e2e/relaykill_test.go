//go:build unix

package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A kill is that of a process that takes part in an export.
type kill struct {
	of    string
	do    func(t *testing.T, export killedExport)
	ended bool // the export cannot succeed
}

// killedExport is an export under way.
type killedExport struct {
	service *service
	builder string // name of a builder of its own
	dir     string // its context
}

var kills = []kill{
	{"the service", func(_ *testing.T, e killedExport) { e.service.kill() }, true},
	{"the service, which starts again", func(t *testing.T, e killedExport) {
		e.service.kill()
		time.Sleep(time.Second)
		*e.service = *e.service.again(t)
	}, false},
	{"BuildKit", func(t *testing.T, e killedExport) {
		killProcess(t, filepath.Join(shared.dir, e.builder, "root"), "buildkitd")
	}, true},
	{"the plugin", func(t *testing.T, e killedExport) {
		killProcess(t, e.dir, "docker-ghacache") // with which buildx ends
	}, true},
}

// killProcess kills the one process of a program that has a word of its own on its command line.
func killProcess(t *testing.T, word, program string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	check(t, err)
	killed := 0
	for _, file := range files {
		line, err := os.ReadFile(file)
		name, _, _ := strings.Cut(string(line), "\x00")
		if err != nil || filepath.Base(name) != program || !strings.Contains(string(line), word) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		check(t, err)
		check(t, unix.Kill(pid, unix.SIGKILL))
		killed++
	}
	if killed != 1 {
		t.Errorf("%d processes of %s", killed, program)
	}
}

// again starts a service that has ended, with what it has stored and at the same address.
func (s *service) again(t *testing.T) *service {
	t.Helper()
	address := strings.Trim(strings.TrimPrefix(s.env["ACTIONS_RESULTS_URL"], "http://"), "/")
	started := serve(t, "--ref", mainRef, "--dir", s.dir, "--listen", address)
	started.dir = s.dir
	return started
}

func TestAKillAmidAnExportLeavesNoIndexWithoutItsLayers(t *testing.T) {
	var steps []string
	for _, size := range []string{"100000", "100000", "9000000", "100000", "9000000"} {
		steps = append(steps, fmt.Sprintf(`RUN ["example", "write", "/data%d", %q]`, len(steps), size))
	}
	var mu sync.Mutex
	builders := 0
	builder := func() (string, error) {
		mu.Lock()
		defer mu.Unlock()
		builders++
		return shared.startBuildkitd(fmt.Sprint("killed", builders), shared.bin("buildkitd"))
	}
	for _, k := range kills {
		for _, moment := range []time.Duration{0, 400 * time.Millisecond, 1200 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s, %s after the beginning", k.of, moment), func(t *testing.T) {
				t.Parallel() // most of the time they wait
				u := newUser(t, builder)
				s := serve(t, "--ref", mainRef, "--latency", "200ms")
				u.enter(s)
				dir := image(t, steps...)
				how := interrupt{onPipe, func(*exec.Cmd, io.Writer) error {
					k.do(t, killedExport{s, u.env["BUILDX_BUILDER"], dir})
					return nil
				}}
				code := cancelledExport(t, u, how, moment, relayed(dir, "--cache-to", "type=gha,mode=max,scope=app"))
				if k.ended && moment == 0 && code == 0 { // later kills may come after the end
					t.Error("the export succeeded")
				}
				s.stop()
				if out, err := exec.Command(shared.bin("docker-ghacache"), "serve", "--check", "--dir", s.dir).CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
				*s = *s.again(t)
				wantWhole(t, u, dir, "app", code == 0)
			})
		}
	}
}

// wantWhole checks that the index of a scope, if there is one, has all of its layers.
func wantWhole(t *testing.T, u *user, dir, scope string, written bool) {
	t.Helper()
	indexes := u.indexes(scope)
	if indexes == 0 && !written {
		return
	}
	if tree := u.run("ghacache", "inspect", scope).stdout; strings.Contains(tree, "MISSING") || strings.Count(tree, "present") == 0 {
		t.Errorf("the index has not all layers:\n%s", tree)
	}
	u.set("BUILDX_BUILDER", need(t, shared.remote))
	u.forget()
	wantCached(t, u.run(build(dir, "--gha-relay=off", "--cache-from", "type=gha,scope="+scope)...).stderr)
}
