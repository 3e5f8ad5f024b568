package source

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Skipped is a file that may be of interest, but was not judged.
type Skipped struct {
	File   string `json:"file"`
	Why    string `json:"why"`
	Failed bool   `json:"failed,omitempty"` // it could not be read: nobody knows what is in it
}

// Place is the path of a file that may be of interest.
type Place struct {
	Path string // as shown

	target string // where it is, symbolic links followed
	kind   Kind   // None if only its content can tell
	root   bool   // it was named, not found
}

// Tree is the content of some paths.
type Tree struct {
	Places  []Place
	Skipped []Skipped
	Act     string // path of an .actrc, which says that act runs the workflows
}

// Find lists the files below paths that can take part in a build. It leaves out
// .git, node_modules, vendor and testdata. It does not follow links to directories,
// and follows a link to a file only if the file is below the same path.
func Find(ctx context.Context, paths []string) (Tree, error) {
	w := walker{seen: map[string]bool{}}
	for _, root := range paths {
		if err := w.root(ctx, root); err != nil {
			return Tree{}, err
		}
	}
	return w.Tree, nil
}

type walker struct {
	Tree
	seen map[string]bool
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
		w.add(Place{Path: root, target: top, kind: kindByPath(absolute(root)), root: true})
		return nil
	}
	return filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		shown := filepath.Join(root, strings.TrimPrefix(path, top))
		switch {
		case err != nil:
			w.Skipped = append(w.Skipped, Skipped{shown, err.Error(), true})
			return nil //nolint:nilerr // reported
		case d.IsDir():
			if path != top && slices.Contains([]string{".git", "node_modules", "vendor", "testdata"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if d.Name() == ".actrc" {
			w.Act = shown
		}
		k := kindByPath(path)
		if k == None && filepath.Ext(path) != "" {
			return nil
		}
		return w.file(Place{Path: shown, target: path, kind: k}, d, top)
	})
}

// absolute adds the directories above a relative path, because a workflow is
// recognised by its directory.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func (w *walker) file(p Place, d fs.DirEntry, root string) error {
	if d.Type()&fs.ModeSymlink == 0 {
		if d.Type().IsRegular() {
			w.add(p)
		}
		return nil
	}
	target, err := filepath.EvalSymlinks(p.target)
	if err != nil {
		w.Skipped = append(w.Skipped, Skipped{File: p.Path, Why: "its link leads nowhere"})
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
		w.Skipped = append(w.Skipped, Skipped{File: p.Path, Why: "its link leads outside: check " + target + " itself"})
		return nil //nolint:nilerr // reported
	}
	p.target = target
	w.add(p)
	return nil
}

// add adds a file once, even if several paths lead to it. The first path decides
// how it is read.
func (w *walker) add(p Place) {
	if !w.seen[p.target] {
		w.seen[p.target] = true
		w.Places = append(w.Places, p)
	}
}
