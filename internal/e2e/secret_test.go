package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// commandLines reads those of all processes of the machine.
func commandLines(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	check(t, err)
	var lines []string
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil { // else the process is gone
			lines = append(lines, string(bytes.ReplaceAll(data, []byte{0}, []byte{' '})))
		}
	}
	return lines
}

// running reports whether a process has word in its command line.
func running(t *testing.T, word string) bool {
	for _, line := range commandLines(t) {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// watch collects every command line that is seen until the returned function
// is called.
func watch(t *testing.T) func() map[string]bool {
	seen, done := map[string]bool{}, make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			for _, line := range commandLines(t) {
				seen[line] = true
			}
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	})
	return func() map[string]bool {
		close(done)
		wg.Wait()
		return seen
	}
}

func TestTokenStaysSecret(t *testing.T) {
	u := newUser(t, shared.remote)
	s := serve(t)
	u.enter(s)
	u.dir = bakeImage(t)
	out := t.TempDir()
	attested := []string{"--provenance", "mode=max", "--metadata-file", filepath.Join(out, "metadata.json")}
	for name, words := range map[string][]string{
		"build":         append(toAndFrom("app"), append(attested, "--debug", "--output", "type=oci,dest="+filepath.Join(out, "build.tar"), ".")...),
		"bake":          append(attested, "one", "--set", "one.output=type=oci,dest="+filepath.Join(out, "bake.tar")),
		"build, failed": append(toAndFrom("app"), "--file", "nowhere", "."),
		"build, dry":    append(toAndFrom("app"), "--gha-dry-run", "."),
		"bake, dry":     {"--gha-dry-run=json"},
	} {
		t.Run(name, func(t *testing.T) {
			stop := watch(t)
			verb, _, _ := strings.Cut(name, ",")
			r := u.try(append([]string{"ghacache", verb}, words...)...)
			lines := stop()
			for _, name := range []string{"ACTIONS_RUNTIME_TOKEN", "GITHUB_TOKEN"} {
				wantSecret(t, s.env[name], r, lines, out)
			}
			if !strings.Contains(name, "dry") {
				wantProcess(t, lines, "buildx "+verb)
			}
		})
	}
}

// wantSecret fails where token is in a command line, in output or in a file.
func wantSecret(t *testing.T, token string, r result, lines map[string]bool, dir string) {
	t.Helper()
	if token == "" {
		t.Fatal("no token to look for")
	}
	// The last part of a token is its signature: without it the rest is useless.
	secret := token[strings.LastIndex(token, ".")+1:]
	if strings.Contains(r.String(), secret) {
		t.Error("the token is in the output")
	}
	for line := range lines {
		if strings.Contains(line, secret) {
			t.Errorf("the token is in the command line %s", strings.ReplaceAll(line, secret, "xxx"))
		}
	}
	check(t, filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("the token is in %s", name)
		}
		return err
	}))
}

// wantProcess proves that the command lines were watched at all.
func wantProcess(t *testing.T, lines map[string]bool, words string) {
	t.Helper()
	for line := range lines {
		if strings.Contains(line, words) {
			return
		}
	}
	t.Errorf("%q was not seen to run", words)
}
