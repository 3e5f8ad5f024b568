package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxSize bounds what is read of one file. Nothing written by hand is larger.
const maxSize = 4 << 20

// Skipped is a file that could be of interest and was not judged.
type Skipped struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// place is a file to judge.
type place struct {
	path   string // as shown
	target string // where it is, symbolic links followed
	kind   kind   // kindNone if only its content can tell
	root   bool   // it was named, not found
}

// walk lists the files below paths that have a place in a build. It leaves out
// .git, node_modules, vendor and testdata, and does not follow links to
// directories. A link to a file is followed as long as it stays below its path.
func walk(ctx context.Context, paths []string) (walker, error) {
	w := walker{seen: map[string]bool{}}
	for _, root := range paths {
		if err := w.root(ctx, root); err != nil {
			return walker{}, err
		}
	}
	return w, nil
}

type walker struct {
	places  []place
	skipped []Skipped
	act     string // path of an .actrc
	seen    map[string]bool
}

func (w *walker) root(ctx context.Context, root string) error {
	info, err := os.Stat(root)
	if err != nil {
		return fmt.Errorf("finding files: %w", err)
	}
	top, err := filepath.EvalSymlinks(absolute(root))
	if err != nil {
		return fmt.Errorf("finding files: %w", err)
	}
	if !info.IsDir() {
		w.add(place{path: root, target: top, kind: kindByPath(absolute(root)), root: true})
		return nil
	}
	return filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		shown := filepath.Join(root, strings.TrimPrefix(path, top))
		switch {
		case err != nil:
			w.skipped = append(w.skipped, Skipped{shown, err.Error()})
			return nil //nolint:nilerr // reported
		case d.IsDir():
			if path != top && slices.Contains([]string{".git", "node_modules", "vendor", "testdata"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if d.Name() == ".actrc" {
			w.act = shown
		}
		k := kindByPath(path)
		if k == kindNone && filepath.Ext(path) != "" {
			return nil
		}
		return w.file(place{path: shown, target: path, kind: k}, d, top)
	})
}

// absolute makes the directories above a relative path count: a workflow is
// told by the directory it is in.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func (w *walker) file(p place, d fs.DirEntry, root string) error {
	if d.Type()&fs.ModeSymlink == 0 {
		if d.Type().IsRegular() {
			w.add(p)
		}
		return nil
	}
	target, err := filepath.EvalSymlinks(p.target)
	if err != nil {
		w.skipped = append(w.skipped, Skipped{p.path, "its link leads nowhere"})
		return nil //nolint:nilerr // reported
	}
	info, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("finding files: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	if rel, err := filepath.Rel(root, target); err != nil || !filepath.IsLocal(rel) {
		w.skipped = append(w.skipped, Skipped{p.path, "its link leads outside: check " + target + " itself"})
		return nil //nolint:nilerr // reported
	}
	p.target = target
	w.add(p)
	return nil
}

// add takes a file once, however many paths lead to it. It is read as what the
// first path makes of it.
func (w *walker) add(p place) {
	if !w.seen[p.target] {
		w.seen[p.target] = true
		w.places = append(w.places, p)
	}
}

// isScript looks at the first line of a file without an extension.
func isScript(p place) (bool, error) {
	if p.kind != kindNone || p.root {
		return false, nil
	}
	in, err := os.Open(p.target)
	if err != nil {
		return false, err
	}
	defer in.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(in, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return shebangRE.Match(head[:n]), err
}

var errTooLarge = errors.New("larger than 4 MiB")

func readFile(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	src, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	if err == nil && len(src) > maxSize {
		err = errTooLarge
	}
	return src, err
}
