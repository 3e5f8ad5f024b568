package localcache_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"golang.org/x/sys/unix"
)

// A user who may not write is told which command helps.
func TestAFolderOfAnotherOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	f := newFolder(t)
	f.export("latest", "one")
	f.layer("garbage")
	plan := localcache.NewPlan(f.read(), grace, soon())
	blobs := filepath.Join(f.dir, "blobs", "sha256")
	for _, dir := range []string{f.dir, blobs} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			check(t, os.Chmod(dir, 0o755))
			check(t, os.Chmod(filepath.Dir(f.dir), 0o755))
			if dir == blobs {
				check(t, os.Chmod(f.dir, 0o777))
			}
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			check(t, unix.Setfsuid(65534))
			result, err := plan.Execute(t.Context())
			if err == nil && len(result.Failures) == 1 {
				err = result.Failures[0].Err
			}
			if want := `sudo chown -R "$(id -u):$(id -g)" ` + f.dir; hint.Of(err) != want {
				t.Errorf("%v has the hint %q", err, hint.Of(err))
			}
		})
	}
}
