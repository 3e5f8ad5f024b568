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
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return nil, &os.PathError{Op: "lstat", Path: dir, Err: err}
	}
	root, _ := fileOf(dir, ".", &st)
	t := &tree{dir: dir, slots: make(chan struct{}, workers())}
	t.walking.Add(1)
	t.visit(".")
	t.walking.Wait()
	slices.SortFunc(t.found, func(a, b *found) int { return strings.Compare(a.Path, b.Path) })
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
	found   []*found
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
	for i := range files {
		f := &files[i]
		t.found = append(t.found, f)
		if f.Kind == folder {
			t.walking.Add(1)
			go t.visit(f.Path)
		}
	}
}

// list returns what a folder holds.
func list(dir, rel string) (files []found, err error) {
	at, err := os.Open(filepath.Join(dir, rel))
	if err != nil {
		return nil, err
	}
	defer at.Close()
	entries, err := at.ReadDir(-1)
	files = make([]found, 0, len(entries))
	for _, e := range entries {
		path := e.Name()
		if rel == "." && path == stage {
			continue
		}
		var st unix.Stat_t
		if unix.Fstatat(int(at.Fd()), path, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
			continue // it vanished
		}
		if rel != "." {
			path = rel + "/" + path
		}
		f, ok := fileOf(filepath.Join(dir, path), path, &st)
		if !ok {
			continue
		}
		id := inode{}
		if f.Kind == regular && st.Nlink > 1 {
			id = inode{st.Dev, st.Ino}
		}
		files = append(files, found{f, id})
	}
	return files, err
}

// fileOf describes a file, or is false for one of another kind.
func fileOf(full, path string, st *unix.Stat_t) (File, bool) {
	f := File{Path: path, Mode: st.Mode & 0o7777, UID: int(st.Uid), GID: int(st.Gid), Time: st.Mtim.Nano()}
	if !utf8.ValidString(path) {
		return f, false
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		f.Kind, f.Size = regular, st.Size
		f.Sparse = st.Blocks*512 < st.Size && st.Size > sparseBlock
	case unix.S_IFDIR:
		f.Kind, f.Time = folder, 0 // a folder's time changes with what is in it
	case unix.S_IFLNK:
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
