//go:build unix

package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAppend(t *testing.T) {
	for name, c := range map[string]struct {
		make func(file string) error
		want string // content; empty if it fails
		err  string
	}{
		"a file that is not there":      {func(string) error { return nil }, "T=1\n", ""},
		"one that everybody could read": {func(file string) error { return os.WriteFile(file, []byte("A=0\n"), 0o644) }, "A=0\nT=1\n", ""},
		"a link, of whoever made it":    {func(file string) error { return os.Symlink(filepath.Join(filepath.Dir(file), "other"), file) }, "", "is a link"},
		"a folder":                      {func(file string) error { return os.Mkdir(file, 0o700) }, "", "is a directory"},
		"a folder that is not there":    {func(file string) error { return os.Remove(filepath.Dir(file)) }, "", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "dir", "env")
			if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := c.make(file); err != nil {
				t.Fatal(err)
			}
			err := Append(file, []byte("T=1\n"))
			if c.want == "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(file)
			if err != nil || string(data) != c.want {
				t.Errorf("got %q, %v", data, err)
			}
			info, err := os.Stat(file)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}
