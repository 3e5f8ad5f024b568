package atomicfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/atomicfile"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder has one file.
func folder(t *testing.T, mode os.FileMode) (file string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir()) // errors name the file behind links, and macOS has one here
	check(t, err)
	file = filepath.Join(dir, "a file")
	check(t, os.WriteFile(file, []byte("old"), 0o600))
	check(t, os.Chmod(file, mode))
	return file
}

// wantAlone checks the content of the file, and that nothing else was left in its folder.
func wantAlone(t *testing.T, file, content string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil || string(data) != content {
		t.Errorf("the file has %q, %v; want %q", data, err, content)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestReplaceKeepsTheMode(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o640, 0o755, 0o666, 0o666 | os.ModeSetuid} {
		if runtime.GOOS == "windows" && mode != 0o666 {
			continue
		}
		file := folder(t, mode)
		check(t, atomicfile.Replace(file, []byte("new")))
		wantAlone(t, file, "new")
		if info, err := os.Stat(file); err != nil || info.Mode() != mode {
			t.Errorf("the mode became %v, %v; want %v", info.Mode(), err, mode)
		}
	}
}

func TestReplaceRefusesAReadOnlyFile(t *testing.T) {
	command := "chmod u+w"
	if runtime.GOOS == "windows" {
		command = "attrib -r"
	}
	for _, mode := range []os.FileMode{0o400, 0o444} {
		file := folder(t, mode)
		err := atomicfile.Replace(file, []byte("new"))
		if err == nil || !strings.Contains(err.Error(), "read-only") || hint.Of(err) != command+" '"+file+"'" {
			t.Errorf("got %v, hint %q", err, hint.Of(err))
		}
		wantAlone(t, file, "old")
	}
}

func TestReplaceRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := atomicfile.Replace(dir, nil); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
	if err := atomicfile.Replace(filepath.Join(dir, "none"), nil); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

func TestReplaceEditsBehindALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	file := folder(t, 0o640)
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
	check(t, os.Symlink(file, first))
	check(t, os.Symlink(first, second))
	check(t, atomicfile.Replace(second, []byte("new")))
	wantAlone(t, file, "new")
	for _, link := range []string{first, second} {
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link: %v, %v", link, info.Mode(), err)
		}
	}
}

func TestReplaceLeavesTheFileWhereItCannotWrite(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("needs a folder that this user cannot write to")
	}
	file := folder(t, 0o600)
	check(t, os.Chmod(filepath.Dir(file), 0o500))
	t.Cleanup(func() { check(t, os.Chmod(filepath.Dir(file), 0o700)) })
	if err := atomicfile.Replace(file, []byte("new")); !os.IsPermission(err) {
		t.Errorf("got %v", err)
	}
	wantAlone(t, file, "old")
}

func TestWriteMakesNoFolder(t *testing.T) {
	dir := t.TempDir()
	err := atomicfile.Write(filepath.Join(dir, "none", "file"), []byte("new"), 0o600)
	left, _ := os.ReadDir(dir)
	if !os.IsNotExist(err) || len(left) > 0 {
		t.Errorf("got %v, left %v", err, left)
	}
}

func TestWriteMakesTheFileBehindALink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real", "file"), filepath.Join(dir, "link")
	if runtime.GOOS == "windows" {
		link = file
	} else {
		check(t, os.Symlink("real/file", link))
	}
	check(t, os.Mkdir(filepath.Dir(file), 0o700))
	check(t, atomicfile.Write(link, []byte("new"), 0o600))
	wantAlone(t, file, "new")
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	check(t, os.Chmod(file, 0o644))
	check(t, atomicfile.Write(link, []byte("again"), 0o600))
	wantAlone(t, file, "again")
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o644 {
		t.Errorf("the mode became %v, %v", info.Mode(), err)
	}
}
