package plugin

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

// A mistaken --dir costs nobody a file.
func TestServeLeavesFoldersOfOthersAlone(t *testing.T) {
	d := serve(t, cacheserver.Options{}, nil, servertest.Main)
	for name, c := range map[string]struct {
		files []string
		why   string
	}{
		"a checkout": {[]string{"README.md"}, "serve has not written README.md, which is in it"},
		"numbers":    {[]string{"uploads/7", "blobs/123"}, filepath.FromSlash("blobs/123") + " is in it, but neither service.json nor a catalog that knows it"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range c.files {
				path := filepath.Join(dir, filepath.FromSlash(file))
				check(t, os.MkdirAll(filepath.Dir(path), 0o700))
				check(t, os.WriteFile(path, []byte("mine"), 0o600))
			}
			said := dir + " is not a folder of serve: " + c.why
			other, served := "hint: --dir DIR   # an empty folder, or a new one\n", "hint: --dir DIR   # a folder that was served\n"
			for _, run := range []struct {
				args []string
				hint string
			}{
				{[]string{"--check"}, served},
				{[]string{"--", "true"}, other},
				{[]string{"--upstream", "--", "true"}, other},
				{[]string{"--repair"}, served},
			} {
				got := d.run(append([]string{"serve", "--dir", dir}, run.args...)...)
				if got.code != 1 || got.stdout != "" {
					t.Errorf("%v: %s", run.args, got)
				}
				wantText(t, got.stderr, said, run.hint)
			}
			left := 0
			check(t, filepath.WalkDir(dir, func(_ string, file os.DirEntry, err error) error {
				if err == nil && !file.IsDir() {
					left++
				}
				return err
			}))
			if left != len(c.files) {
				t.Errorf("%d files in place of %q", left, c.files)
			}
		})
	}
}

func TestServeChecksNoFolderThatIsNotThere(t *testing.T) {
	d := serve(t, cacheserver.Options{}, nil)
	for dir, why := range map[string]string{t.TempDir(): "it is empty", filepath.Join(t.TempDir(), "none"): "it does not exist"} {
		for _, verb := range []string{"--check", "--repair"} {
			got := d.run("serve", verb, "--dir", dir)
			if got.code != 1 {
				t.Errorf("%s", got)
			}
			wantText(t, got.stderr, "error: "+dir+" is not a folder of serve: "+why+"\n", "hint: docker ghacache serve --dir "+dir+"\n")
		}
		if files, err := os.ReadDir(dir); len(files) > 0 || filepath.Base(dir) == "none" && err == nil {
			t.Errorf("%s was made, or filled with %v", dir, files)
		}
	}
	dir := servertest.Dir(t)
	servertest.Fill(t, dir, servertest.Layer(servertest.Main, "base", 0))
	wantText(t, d.run("serve", "--check", "--dir", dir).stderr, "has no damage")
}
