package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// lab is what all tests share. The parts start on first use.
type lab struct {
	root  string // of the repository
	dir   string // temporary
	tools error  // why the programs cannot be used

	remote    func() (string, error) // builder on a buildkitd of its own
	old       func() (string, error) // the same, of a version before 0.20
	throttled func() (string, error) // the same, for services that throttle: a BuildKit remembers them in its next builds
	many      func() (string, error) // the same as remote, for tests that empty it before each of many builds
	container func() (string, error) // builder on a Docker Engine
	bridged   func() (string, error) // the same, on a network of its own
	several   func() (string, error) // the same, with a node on the network of the host as well, for linux/arm64

	stops []func()
}

// memory is where tests have their folders if there is room. BuildKit, buildx and the cache service wait for the disk many
// times in each build.
const memory = "/dev/shm"

// shared is set before any test runs.
var shared *lab

func TestMain(m *testing.M) { os.Exit(withLab(m)) }

func withLab(m *testing.M) int {
	root, err := filepath.Abs("../..")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if roomInMemory() {
		os.Setenv("TMPDIR", memory)
	}
	dir, err := os.MkdirTemp("", "ghacache-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	shared = &lab{root: root, dir: dir}
	if shared.tools = shared.available(); shared.tools == nil {
		if err := shared.build(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	shared.remote = sync.OnceValues(shared.startRemote)
	shared.old = sync.OnceValues(shared.startOld)
	shared.throttled = sync.OnceValues(shared.startThrottled)
	shared.container = sync.OnceValues(func() (string, error) { return shared.startContainer("", "host") })
	shared.bridged = sync.OnceValues(func() (string, error) { return shared.startBridged("bridged") })
	shared.several = sync.OnceValues(shared.startSeveral)
	shared.many = sync.OnceValues(shared.startMany)
	defer func() {
		for _, stop := range slices.Backward(shared.stops) {
			stop()
		}
	}()
	return m.Run()
}

// available says why the pinned programs cannot be used: building them takes
// longer than a test may.
func (l *lab) available() error {
	if os.Getenv("GHACACHE_E2E") == "off" {
		return errors.New("GHACACHE_E2E=off")
	}
	for _, name := range []string{"docker", "docker-buildx", "buildkitd", "buildkit-runc", "runc"} {
		if _, err := os.Stat(l.bin(name)); err != nil {
			return fmt.Errorf("%s is missing: run hack/build-tools", name)
		}
	}
	return nil
}

// build builds what is tested.
func (l *lab) build() error {
	if _, err := l.exec("make", "--no-print-directory", "-C", l.root, "build"); err != nil {
		return err
	}
	_, err := l.exec("go", "build", "-o", filepath.Join(l.dir, "example"), filepath.Join(l.root, "hack/example"))
	return err
}

func (l *lab) bin(name string) string { return filepath.Join(l.root, "bin", name) }

// exec runs a program of the lab's own and returns its standard output.
func (l *lab) exec(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "BUILDX_CONFIG="+l.buildxConfig())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running %s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// buildxConfig holds the builders for all tests.
func (l *lab) buildxConfig() string { return filepath.Join(l.dir, "buildx") }

func (l *lab) startRemote() (string, error) {
	return l.startBuildkitd("remote", l.bin("buildkitd"))
}

func (l *lab) startMany() (string, error) {
	return l.startBuildkitd("many", l.bin("buildkitd"))
}

func (l *lab) startThrottled() (string, error) {
	return l.startBuildkitd("throttled", l.bin("buildkitd"))
}

// startOld starts the pinned BuildKit with another version in the place of its own.
func (l *lab) startOld() (string, error) {
	program, err := os.ReadFile(l.bin("buildkitd"))
	if err != nil {
		return "", err
	}
	version, err := l.exec(l.bin("buildkitd"), "--version") // buildkitd github.com/moby/buildkit v0.33.1 REVISION
	if err != nil {
		return "", err
	}
	own, old := []byte(strings.Fields(version)[2]), []byte("v0.19.0")
	if len(own) != len(old) {
		return "", fmt.Errorf("%s is not as long as %s", own, old)
	}
	path := filepath.Join(l.dir, "buildkitd-old")
	if err := os.WriteFile(path, bytes.ReplaceAll(program, own, old), 0o700); err != nil {
		return "", err
	}
	return l.startBuildkitd("old", path)
}

// startBuildkitd makes a builder of that name with the remote driver.
func (l *lab) startBuildkitd(name, program string) (string, error) {
	if os.Geteuid() != 0 {
		return "", errors.New("running buildkitd needs root")
	}
	dir := filepath.Join(l.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", err
	}
	socket := filepath.Join(dir, "sock")
	cmd := exec.Command(program, "--root", filepath.Join(dir, "root"), "--addr", "unix://"+socket, "--containerd-worker=false",
		"--oci-worker-binary", l.bin("buildkit-runc"), "--oci-worker-net", "host")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return "", err
	}
	l.stops = append(l.stops, func() { stop(cmd) })
	if err := waitFor(socket); err != nil {
		return "", fmt.Errorf("starting buildkitd: %w, see %s", err, log.Name())
	}
	_, err = l.exec(l.bin("docker-buildx"), "create", "--name", name, "--driver", "remote", "unix://"+socket)
	return name, err
}

// startBridged makes a network for the builder. A private Engine has no default one, which would need iptables.
func (l *lab) startBridged(name string) (string, error) {
	network := fmt.Sprintf("ghacache-e2e-%d-%s", os.Getpid(), name)
	if _, err := l.exec(l.bin("docker"), "network", "create", network); err != nil {
		return "", err
	}
	l.stops = append(l.stops, func() { l.exec(l.bin("docker"), "network", "rm", network) })
	return l.startContainer("-"+name, network)
}

// startSeveral has nodes on two Engines, because each can have one of a builder.
func (l *lab) startSeveral() (string, error) {
	other := os.Getenv("GHACACHE_OTHER_ENGINE")
	if other == "" {
		return "", errors.New("no second Docker Engine: run the tests under `hack/engine run`")
	}
	name, err := l.startBridged("several")
	if err != nil {
		return "", err
	}
	_, err = l.exec(l.bin("docker-buildx"), "create", "--append", "--name", name, "--driver", "docker-container", "--platform", "linux/arm64",
		"--driver-opt", "network=host", "--bootstrap", other)
	return name, err
}

func (l *lab) startContainer(suffix, network string) (string, error) {
	if _, err := l.exec(l.bin("docker"), "version"); err != nil {
		return "", errors.New("no Docker Engine: put one into DOCKER_HOST, or run the tests under `hack/engine run`")
	}
	image, err := l.exec(filepath.Join(l.root, "hack/engine"), "image")
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("ghacache-e2e-%d%s", os.Getpid(), suffix)
	l.stops = append(l.stops, func() { l.exec(l.bin("docker-buildx"), "rm", "--force", name) })
	_, err = l.exec(l.bin("docker-buildx"), "create", "--name", name, "--driver", "docker-container",
		"--driver-opt", "network="+network+",image="+image, "--bootstrap")
	return name, err
}

// stop ends a server in its own way.
func stop(cmd *exec.Cmd) error {
	cmd.Process.Signal(os.Interrupt)
	timer := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait()
}

// waitFor returns once a server accepts connections.
func waitFor(socket string) (err error) {
	for range 100 {
		var conn net.Conn
		if conn, err = net.Dial("unix", socket); err == nil {
			return conn.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// need skips or fails the test where a part of the lab cannot run.
func need[T any](t *testing.T, part func() (T, error)) T {
	t.Helper()
	if shared.tools != nil {
		missing(t, shared.tools)
	}
	value, err := part()
	if err != nil {
		missing(t, err)
	}
	return value
}

func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("GHACACHE_E2E") == "required" {
		t.Fatal(err)
	}
	t.Skip(err)
}
