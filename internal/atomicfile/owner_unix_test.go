//go:build !windows

package atomicfile_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/atomicfile"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

const (
	somebody = 4242 // a user, and a group
	others   = 4343
)

func TestReplaceKeepsTheOwnerAndTheGroup(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	for _, mode := range []os.FileMode{0o600, 0o755 | os.ModeSetuid} {
		file := folder(t, 0o600)
		check(t, os.Chown(file, somebody, others))
		check(t, os.Chmod(file, mode))
		check(t, atomicfile.Replace(file, []byte("new")))
		wantAlone(t, file, "new")
		info, err := os.Stat(file)
		check(t, err)
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != somebody || owner.Gid != others || info.Mode() != mode {
			t.Errorf("it is %d's and %d's with %v", owner.Uid, owner.Gid, info.Mode())
		}
	}
}

// asSomebody runs a test again as another user, who may write to the folder of the file.
func asSomebody(t *testing.T, test, file string) string {
	t.Helper()
	for dir := filepath.Dir(file); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		check(t, os.Chmod(dir, 0o777))
	}
	binary := filepath.Join(filepath.Dir(filepath.Dir(file)), "binary")
	program, err := os.Executable()
	check(t, err)
	data, err := os.ReadFile(program)
	check(t, err)
	check(t, os.WriteFile(binary, data, 0o755))
	cmd := exec.Command(binary, "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), "REPLACE="+file)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: somebody, Gid: somebody}}
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("it did not fail: %s", out)
	}
	return string(out)
}

func TestReplaceRefusesToChangeTheOwner(t *testing.T) {
	if file := os.Getenv("REPLACE"); file != "" {
		err := atomicfile.Replace(file, []byte("new"))
		t.Fatalf("%v\n%s", err, hint.Of(err))
	}
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	for name, owner := range map[string][2]int{"another owner": {others, somebody}, "a group of others": {somebody, others}} {
		t.Run(name, func(t *testing.T) {
			file := folder(t, 0o666)
			check(t, os.Chown(file, owner[0], owner[1]))
			out := asSomebody(t, "TestReplaceRefusesToChangeTheOwner", file)
			if !strings.Contains(out, "would change its owner or group") || !strings.Contains(out, `sudo chown "$(id -u):$(id -g)" '`) {
				t.Errorf("it says %s", out)
			}
			wantAlone(t, file, "old")
		})
	}
}
