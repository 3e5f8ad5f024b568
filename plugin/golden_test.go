package plugin

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/golden"
)

var update = flag.Bool("update", false, "write the golden files")

func goldenFile(name string) string { return filepath.Join("testdata", name+".golden") }

// left compares what a command left behind with a file.
func left(t *testing.T, name string, got outcome) {
	t.Helper()
	golden.Equal(t, *update, goldenFile(name), got.String())
}

func (o outcome) String() string {
	text := o.stdout
	if o.stderr != "" {
		text += "--- stderr\n" + o.stderr
	}
	if o.code != 0 {
		text += fmt.Sprintf("--- exit %d\n", o.code)
	}
	return text
}

// leftOnScreens compares what a command leaves behind in a pipe, on a wide terminal and
// on a narrow one. A screen that shows the same as one before has no file.
func leftOnScreens(t *testing.T, name string, at func() *desk, narrow uint16, args []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, screen := range []struct {
		name string
		run  func(*desk) outcome
	}{
		{"pipe", func(d *desk) outcome { return d.run(args...) }},
		{"wide", func(d *desk) outcome { return d.runOn(t.Context(), wide, args) }},
		{"narrow", func(d *desk) outcome { return d.runOn(t.Context(), narrow, args) }},
	} {
		got, name := screen.run(at()), name+"-"+screen.name
		if !seen[got.String()] {
			seen[got.String()] = true
			left(t, name, got)
			continue
		}
		if *update {
			_ = os.Remove(goldenFile(name))
		}
		if _, err := os.Stat(goldenFile(name)); err == nil {
			t.Errorf("%s shows no more what it did: it is the same as a wider screen\n%s", name, got)
		}
	}
}

// Two goldens that are alike hide that two cases became one.
func TestNoGoldenIsACopy(t *testing.T) {
	first := map[[sha256.Size]byte]string{}
	check(t, filepath.WalkDir("testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		if twin, ok := first[sum]; ok {
			t.Errorf("%s is a copy of %s", path, twin)
		}
		first[sum] = path
		return err
	}))
}
