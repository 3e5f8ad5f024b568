package archive

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// walked is what a mount holds.
type walked struct {
	files []File // as in a manifest, without hashes
	bytes int64  // of all regular files
}

// walk lists a mount. Devices, pipes, sockets, and names that are not UTF-8 are left out, and what vanishes meanwhile.
func walk(dir string) (*walked, error) {
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	root, _ := fileOf(dir, ".", info)
	t := &tree{dir: dir, slots: make(chan struct{}, workers())}
	t.walking.Add(1)
	t.visit(".")
	t.walking.Wait()
	slices.SortFunc(t.found, func(a, b found) int { return cmp.Compare(a.Path, b.Path) })
	w := &walked{files: append(make([]File, 0, len(t.found)+1), root)}
	first := map[inode]string{}
	for _, f := range t.found {
		if target, ok := first[f.inode]; ok && f.inode != (inode{}) {
			f.File = File{Path: f.Path, Kind: hardlink, Target: target}
		}
		if f.Kind == regular {
			first[f.inode] = f.Path
			w.bytes += f.Size
		}
		w.files = append(w.files, f.File)
	}
	return w, t.failed
}

// tree is a walk under way.
type tree struct {
	dir     string
	slots   chan struct{} // bounds how many folders are read at a time
	walking sync.WaitGroup
	mu      sync.Mutex
	found   []found
	failed  error
}

// found is a file. Its inode is zero unless it has several names.
type found struct {
	File
	inode inode
}

type inode struct{ dev, ino uint64 }

func (t *tree) visit(rel string) {
	defer t.walking.Done()
	t.slots <- struct{}{}
	files, err := list(t.dir, rel)
	<-t.slots
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.failed = cmp.Or(t.failed, err)
	}
	t.found = append(t.found, files...)
	for _, f := range files {
		if f.Kind == folder {
			t.walking.Add(1)
			go t.visit(f.Path)
		}
	}
}

// list returns what a folder holds.
func list(dir, rel string) (files []found, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, rel))
	for _, e := range entries {
		path := e.Name()
		if rel == "." && path == stage {
			continue
		}
		if rel != "." {
			path = rel + "/" + path
		}
		info, err := e.Info()
		if err != nil {
			continue // it vanished
		}
		f, ok := fileOf(filepath.Join(dir, path), path, info)
		if !ok {
			continue
		}
		id := inode{}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && f.Kind == regular && st.Nlink > 1 {
			id = inode{st.Dev, st.Ino}
		}
		files = append(files, found{f, id})
	}
	return files, err
}

// fileOf describes a file, or is false for one of another kind.
func fileOf(full, path string, info fs.FileInfo) (File, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return File{}, false
	}
	f := File{Path: path, Mode: st.Mode & 0o7777, UID: int(st.Uid), GID: int(st.Gid), Time: info.ModTime().UnixNano()}
	if !utf8.ValidString(path) {
		return f, false
	}
	switch info.Mode().Type() {
	case 0:
		f.Kind, f.Size = regular, st.Size
		f.Sparse = st.Blocks*512 < st.Size && st.Size > sparseBlock
	case fs.ModeDir:
		f.Kind, f.Time = folder, 0 // a folder's time changes with what is in it
	case fs.ModeSymlink:
		target, err := os.Readlink(full)
		f.Kind, f.Target, f.Mode = symlink, target, 0
		return f, err == nil && utf8.ValidString(target)
	default:
		return f, false
	}
	f.Xattrs = xattrsOf(full)
	return f, true
}

// xattrsOf reads the attributes that belong to a file, not to the filesystem it is on.
func xattrsOf(full string) map[string][]byte {
	var names [4096]byte
	n, err := unix.Llistxattr(full, names[:])
	if err != nil || n == 0 {
		return nil
	}
	var attrs map[string][]byte
	for name := range strings.SplitSeq(strings.TrimRight(string(names[:n]), "\x00"), "\x00") {
		if !strings.HasPrefix(name, "user.") && name != "security.capability" && !strings.HasPrefix(name, "system.posix_acl_") {
			continue
		}
		value := make([]byte, 4096)
		if n, err := unix.Lgetxattr(full, name, value); err == nil {
			if attrs == nil {
				attrs = map[string][]byte{}
			}
			attrs[name] = value[:n]
		}
	}
	return attrs
}
