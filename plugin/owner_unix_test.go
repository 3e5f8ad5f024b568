//go:build !windows

package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

// editsOfFiles are the commands that change a file of the user.
func editsOfFiles(t *testing.T) map[string]struct {
	file string
	args []string
	done string // what the file has then
} {
	t.Helper()
	config := inConfig(t, "{\n}\n")
	workflow := filepath.Join(t.TempDir(), ".github/workflows/a.yml")
	check(t, os.MkdirAll(filepath.Dir(workflow), 0o755))
	check(t, os.WriteFile(workflow, []byte("on: push\njobs:\n  b:\n    runs-on: x\n    steps:\n"+
		"      - uses: docker/setup-buildx-action@v3\n        with: {version: v0.12.0}\n      - uses: docker/build-push-action@v6\n        with: {cache-to: type=gha}\n"), 0o600))
	return map[string]struct {
		file string
		args []string
		done string
	}{
		"hooks":      {config, []string{"hooks", "enable"}, "error-hooks"},
		"migrate-v2": {workflow, []string{"migrate-v2", "--offline", "--write", "--service", "v2", "--only", "buildx-version", workflow}, "version: v0."},
	}
}

func TestEditsKeepOwnerModeAndLinks(t *testing.T) {
	const owner, group = 4242, 4343
	for name, edit := range editsOfFiles(t) {
		t.Run(name, func(t *testing.T) {
			link := edit.file + ".real"
			check(t, os.Rename(edit.file, link))
			check(t, os.Symlink(filepath.Base(link), edit.file))
			check(t, os.Chmod(link, 0o640))
			if os.Getuid() == 0 {
				check(t, os.Chown(link, owner, group))
			} else {
				t.Log("only root can give files away: the owner is not tested")
			}
			got := serve(t, cacheserver.Options{}, nil).run(edit.args...)
			data, err := os.ReadFile(link)
			check(t, err)
			if !strings.Contains(string(data), edit.done) || strings.Contains(string(data), "v0.12.0") {
				t.Errorf("%s\nthe file has\n%s", got, data)
			}
			info, err := os.Lstat(link)
			check(t, err)
			if is := info.Sys().(*syscall.Stat_t); info.Mode() != 0o640 || os.Getuid() == 0 && (is.Uid != owner || is.Gid != group) {
				t.Errorf("it has %v and is %d's and %d's", info.Mode(), is.Uid, is.Gid)
			}
			if info, err := os.Lstat(edit.file); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Errorf("the link became %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestEditsRefuseReadOnlyFiles(t *testing.T) {
	for name, edit := range editsOfFiles(t) {
		t.Run(name, func(t *testing.T) {
			before, err := os.ReadFile(edit.file)
			check(t, err)
			check(t, os.Chmod(edit.file, 0o400))
			got := serve(t, cacheserver.Options{}, nil).run(edit.args...)
			if got.code == 0 {
				t.Errorf("exit code 0: %s", got)
			}
			file, err := filepath.EvalSymlinks(edit.file)
			check(t, err)
			wantText(t, got.stderr, file+" is read-only\n", "hint: chmod u+w "+file+"\n")
			if after, err := os.ReadFile(edit.file); err != nil || string(after) != string(before) {
				t.Errorf("it became %s, %v", after, err)
			}
		})
	}
}
