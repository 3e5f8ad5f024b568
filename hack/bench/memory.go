package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	actionscache "github.com/tonistiigi/go-actions-cache"
)

// memory compares the peak memory of services.
func memory() (float64, error) {
	small, err := peak(16 << 20)
	if err != nil {
		return 0, err
	}
	large, err := peak(512 << 20)
	if err != nil {
		return 0, err
	}
	return large / small, nil
}

// peak saves an entry into a new service, loads it, and returns the service's peak
// resident size in kB.
func peak(size int64) (float64, error) {
	dir, err := os.MkdirTemp("", "ghacache-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "env")
	ctx, kill := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "bin/docker-ghacache", "serve", "--dir", filepath.Join(dir, "store"), "--env-file", file)
	defer func() {
		kill()
		_ = cmd.Wait() // it was killed
	}()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	env, err := environment(file)
	if err != nil {
		return 0, err
	}
	cache, err := actionscache.New(env["ACTIONS_RUNTIME_TOKEN"], env["ACTIONS_RESULTS_URL"], true, actionscache.Opt{})
	if err != nil {
		return 0, err
	}
	if err := cache.Save(ctx, "key", zeros(size)); err != nil {
		return 0, err
	}
	entry, err := cache.Load(ctx, "key")
	if err != nil {
		return 0, err
	}
	if err := entry.WriteTo(ctx, io.Discard); err != nil {
		return 0, err
	}
	return highWater(cmd.Process.Pid)
}

func environment(file string) (map[string]string, error) {
	for range 100 {
		data, err := os.ReadFile(file)
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		env := map[string]string{}
		for line := range strings.Lines(string(data)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			env[name] = value
		}
		return env, nil
	}
	return nil, fmt.Errorf("%s was not written", file)
}

func highWater(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, fmt.Errorf("the kernel does not tell VmHWM")
	}
	return strconv.ParseFloat(fields[0], 64)
}

// zeros is a blob of that many zero bytes.
type zeros int64

func (z zeros) Size() int64  { return int64(z) }
func (z zeros) Close() error { return nil }

func (z zeros) ReadAt(p []byte, off int64) (int, error) {
	left := int64(z) - off
	if left <= 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > left {
		clear(p[:left])
		return int(left), io.EOF
	}
	clear(p)
	return len(p), nil
}
