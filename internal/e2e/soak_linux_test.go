package e2e

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// soak is a machine on which four builds run at once: one that uses the service itself, one through a relay of its own, and two
// through a relay that stays.
type soak struct {
	t                         *testing.T
	mark                      string // in the environment of all that it starts
	service, relay, buildkitd *daemon
	straight, relayed         *line // to the service: of builds, and of relays
	serveEnv                  func() map[string]string
	relayEnv                  func() map[string]string
	store                     string
	plugins                   int // that were killed
	workers                   []*worker
}

const soakBuilder = "soak"

// TestSoak builds for four fifths of $SOAK: one half of it with faults and kills, the other with faults
// only, in which nothing may grow. After both, every entry must be whole, and every layer of an index there. `make soak` runs it.
func TestSoak(t *testing.T) {
	text := os.Getenv("SOAK")
	if text == "" {
		t.Skip("SOAK is not set: make soak")
	}
	lasts, err := time.ParseDuration(text)
	check(t, err)
	s := newSoak(t)
	s.warm()
	s.chaos(lasts * 2 / 5)
	s.verify()
	s.growth(lasts * 2 / 5)
	s.verify()
	for _, w := range s.workers {
		t.Logf("%s: %d builds, %d failed, %d imported layers", w.scope, w.builds, w.failures, w.hits)
		if w.builds == w.failures {
			t.Errorf("%s: no build succeeded", w.scope)
		}
	}
	for _, d := range []*daemon{s.service, s.relay, s.buildkitd} {
		t.Logf("%s was killed %d times", d.name, d.kills)
	}
	t.Logf("%d plugins were killed amid a build", s.plugins)
	t.Logf("requests of builds: %s", s.straight)
	t.Logf("requests of relays: %s", s.relayed)
}

func newSoak(t *testing.T) *soak {
	builder := need(t, func() (string, error) {
		if os.Geteuid() != 0 {
			return "", errors.New("running buildkitd needs root")
		}
		return soakBuilder, nil
	})
	s := &soak{t: t, mark: "GHACACHE_SOAK_MARK=" + t.TempDir(), store: t.TempDir()}
	dir := t.TempDir()
	own := func(words ...string) *exec.Cmd {
		cmd := exec.Command(shared.bin("docker-ghacache"), words...)
		cmd.Env = append(os.Environ(), s.mark)
		return cmd
	}
	address := silentAddress(t) // the same after each start
	s.straight, s.relayed = startLine(t, "http://"+address, false), startLine(t, "http://"+address, true)
	serveFile, relayFile := filepath.Join(dir, "serve.env"), filepath.Join(dir, "relay.env")
	s.serveEnv = func() map[string]string { return readEnv(t, serveFile) }
	s.relayEnv = func() map[string]string { return readEnv(t, relayFile) }
	s.service = &daemon{name: "serve", log: filepath.Join(dir, "serve.log"), ready: exists(serveFile), start: func() *exec.Cmd {
		os.Remove(serveFile)
		return own("serve", "--listen", address, "--dir", s.store, "--repo", "octo/app", "--env-file", serveFile)
	}}
	s.relay = &daemon{name: "serve --upstream", log: filepath.Join(dir, "relay.log"), ready: exists(relayFile), start: func() *exec.Cmd {
		os.Remove(relayFile)
		cmd := own("serve", "--upstream-url", s.relayed.url, "--upstream-token", "env:UPSTREAM_TOKEN", "--env-file", relayFile)
		cmd.Env = append(cmd.Env, "UPSTREAM_TOKEN="+s.serveEnv()["ACTIONS_RUNTIME_TOKEN"])
		return cmd
	}}
	s.buildkitd = s.newBuildkitd(builder, filepath.Join(dir, "buildkitd"))
	for _, d := range []*daemon{s.service, s.relay, s.buildkitd} {
		check(t, d.up())
		t.Cleanup(func() { _ = d.end(os.Kill) })
	}
	for scope, env := range map[string]func() map[string]string{
		"straight": func() map[string]string {
			return over(s.serveEnv(), "ACTIONS_RESULTS_URL", s.straight.url, "GHACACHE_RELAY", "off")
		},
		"own": func() map[string]string {
			return over(s.serveEnv(), "ACTIONS_RESULTS_URL", s.relayed.url, "GHACACHE_RELAY", "require")
		},
		"one": func() map[string]string { return s.throughRelay() },
		"two": func() map[string]string { return s.throughRelay() },
	} {
		s.workers = append(s.workers, newWorker(s, scope, env))
	}
	return s
}

func (s *soak) newBuildkitd(builder, dir string) *daemon {
	s.t.Helper()
	check(s.t, os.Mkdir(dir, 0o700))
	socket := filepath.Join(dir, "sock")
	s.t.Cleanup(func() { unmountBelow(dir) }) // what steps that were killed have left
	_, err := shared.exec(shared.bin("docker-buildx"), "create", "--name", builder, "--driver", "remote", "unix://"+socket)
	check(s.t, err)
	return &daemon{name: "buildkitd", log: filepath.Join(dir, "log"), ready: func() bool { return waitFor(socket) == nil }, start: func() *exec.Cmd {
		os.Remove(socket)
		cmd := exec.Command(shared.bin("buildkitd"), "--root", filepath.Join(dir, "root"), "--addr", "unix://"+socket,
			"--containerd-worker=false", "--oci-worker-binary", shared.bin("buildkit-runc"), "--oci-worker-net", "host")
		cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":"+shared.bin("")) // without runc there, it has no worker
		return cmd
	}}
}

// throughRelay is the environment of a build whose cache service is the relay that stays.
func (s *soak) throughRelay() map[string]string {
	env := over(s.serveEnv(), "GHACACHE_RELAY", "off")
	for _, name := range []string{"ACTIONS_RESULTS_URL", "ACTIONS_RUNTIME_TOKEN"} {
		env[name] = s.relayEnv()[name]
	}
	return env
}

// buildFor has each worker build for so long, and at least once, with faults.
func (s *soak) buildFor(lasts time.Duration) {
	s.faults(true)
	defer s.faults(false)
	end := time.Now().Add(lasts)
	var all sync.WaitGroup
	for _, w := range s.workers {
		all.Go(func() {
			for again := true; again; again = time.Now().Before(end) {
				w.build(s.t.Context())
			}
		})
	}
	all.Wait()
}

func (s *soak) faults(on bool) {
	s.straight.faulty.Store(on)
	s.relayed.faulty.Store(on)
}

// warm stores the layer that all images share. One that was left half-way would be missing in all scopes of builds without a relay.
func (s *soak) warm() {
	s.t.Helper()
	for _, w := range s.workers {
		if !w.build(s.t.Context()) {
			s.t.Fatalf("%s: a build without faults failed:\n%s", w.scope, w.output)
		}
	}
}

// chaos kills one program after the other while builds run.
func (s *soak) chaos(lasts time.Duration) {
	s.t.Helper()
	var building sync.WaitGroup
	building.Go(func() { s.buildFor(lasts) })
	pause := min(max(lasts/16, 2*time.Second), 8*time.Second)
	// A build that reads through the relay when that is killed ends with BuildKit: azblob asks the address of the dead one again
	// after 10, 40, 110 and 230 seconds.
	for i, end := 0, time.Now().Add(lasts-pause); time.Now().Before(end) || i%4 == 2; i++ {
		time.Sleep(pause/2 + rand.N(pause))
		s.kill(i)
	}
	building.Wait()
	if !within(2*time.Minute, func() bool { return len(marked(s.mark)) == 2 }) { // the service and the relay
		s.t.Errorf("%d processes go on after all builds have ended", len(marked(s.mark))-2)
	}
}

func (s *soak) kill(i int) {
	s.t.Helper()
	plugin := s.workers[slices.IndexFunc(s.workers, func(w *worker) bool { return w.scope == "own" })]
	victims := []*daemon{s.service, s.relay, s.buildkitd}
	if i%4 == 3 {
		if plugin.kill() {
			s.plugins++
		}
		return
	}
	d := victims[i%4]
	check(s.t, d.end(os.Kill))
	if d == s.service {
		s.checkStore()
	}
	check(s.t, d.up())
}

// over is a copy of variables with others.
func over(vars map[string]string, pairs ...string) map[string]string {
	for i := 0; i < len(pairs); i += 2 {
		vars[pairs[i]] = pairs[i+1]
	}
	return vars
}

func readEnv(t *testing.T, file string) map[string]string {
	for range 100 {
		if data, err := os.ReadFile(file); err == nil {
			return variables(string(data))
		}
		time.Sleep(100 * time.Millisecond) // the program is being started again
	}
	t.Errorf("%s is not written", file)
	return map[string]string{}
}

func exists(file string) func() bool {
	return func() bool {
		_, err := os.Stat(file)
		return err == nil
	}
}

func unmountBelow(dir string) {
	mounts, _ := os.ReadFile("/proc/mounts")
	for _, l := range slices.Backward(strings.Split(string(mounts), "\n")) {
		if fields := strings.Fields(l); len(fields) > 1 && strings.HasPrefix(fields[1], dir+"/") {
			_ = unix.Unmount(fields[1], unix.MNT_DETACH)
		}
	}
}
