package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// daemon is a program that is killed and started again.
type daemon struct {
	name  string
	start func() *exec.Cmd
	ready func() bool
	log   string // file

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{} // closed once cmd has ended
	kills int
}

// up starts the program and waits until it answers.
func (d *daemon) up() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	log, err := os.OpenFile(d.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := d.start()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // a signal ends it
		close(ended)
	}()
	d.cmd, d.ended = cmd, ended
	if !within(30*time.Second, d.ready) {
		return fmt.Errorf("%s does not answer: %s", d.name, tail(d.log))
	}
	return nil
}

// end sends a signal, and waits for the end.
func (d *daemon) end(sig os.Signal) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cmd == nil {
		return nil
	}
	if sig == os.Kill {
		d.kills++
	}
	_ = d.cmd.Process.Signal(sig) // it may have ended
	select {
	case <-d.ended:
		d.cmd = nil
		return nil
	case <-time.After(30 * time.Second):
		return fmt.Errorf("%s does not end after %v: %s", d.name, sig, tail(d.log))
	}
}

// usage is what a process has of the machine.
type usage struct{ files, memory, threads int } // memory in KiB, without that of files

func (u usage) String() string {
	return fmt.Sprintf("%d files, %d MiB, %d threads", u.files, u.memory>>10, u.threads)
}

var statusLine = regexp.MustCompile(`(?m)^(RssAnon|Threads):\s+(\d+)`)

func (d *daemon) usage(t *testing.T) (u usage) {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(d.cmd.Process.Pid))
	files, err := os.ReadDir(filepath.Join(dir, "fd"))
	check(t, err)
	u.files = len(files)
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	check(t, err)
	for _, m := range statusLine.FindAllStringSubmatch(string(status), -1) {
		n, err := strconv.Atoi(m[2])
		check(t, err)
		if m[1] == "Threads" {
			u.threads = n
		} else {
			u.memory = n
		}
	}
	return u
}

// goroutine matches where one was started, and of the main one the end.
var goroutine = regexp.MustCompile(`(?m)^(?:created by (.+) in goroutine \d+|main\.main\(\))$`)

// goroutines ends a Go program in the way in which it lists its goroutines, and counts them by what started them.
func (d *daemon) goroutines(t *testing.T) map[string]int {
	t.Helper()
	before, err := os.ReadFile(d.log)
	check(t, err)
	check(t, d.end(unix.SIGQUIT))
	log, err := os.ReadFile(d.log)
	check(t, err)
	counts := map[string]int{}
	for _, m := range goroutine.FindAllSubmatch(log[len(before):], -1) {
		counts[string(m[1])]++
	}
	if len(counts) == 0 {
		t.Errorf("%s listed no goroutines", d.name)
	}
	return counts
}

func tail(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-2000):])
}

// marked are the processes whose environment has a variable with the value.
func marked(value string) (pids []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), value) {
			pids = append(pids, strings.Split(file, "/")[2])
		}
	}
	return pids
}
