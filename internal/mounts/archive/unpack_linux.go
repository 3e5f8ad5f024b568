package archive

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"
)

const (
	oNoFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK // a pipe would block
	// sparseBlock is how many zeros in a row become a hole of a sparse file.
	sparseBlock = 4096
)

// restorer fills the stage of a mount. Its writers are the only ones that touch it.
type restorer struct {
	dir      string
	mount    *os.Root
	stage    *os.Root
	manifest *Manifest
	index    map[string]int  // of regular files, by path
	changed  map[string]bool // marked as not to be used
	parent   *parent         // of the file at hand
	created  map[string]bool // files, whatever they hold

	writing  sync.WaitGroup
	slots    chan struct{}
	mu       sync.Mutex
	written  int
	bytes    int64
	doubtful []string
	failed   error
}

// occupied reports whether a mount holds anything. The rest of a restore that was killed does not count, and is removed.
func occupied(dir string) (bool, error) {
	if err := os.RemoveAll(filepath.Join(dir, stage)); err != nil {
		return false, err
	}
	entries, err := os.ReadDir(dir)
	return len(entries) > 0, err
}

func newRestorer(dir string) (*restorer, error) {
	mount, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if err := mount.Mkdir(stage, 0o700); err != nil {
		return nil, errors.Join(err, mount.Close())
	}
	staged, err := mount.OpenRoot(stage)
	if err != nil {
		return nil, errors.Join(err, mount.Close())
	}
	return &restorer{dir: dir, mount: mount, stage: staged, changed: map[string]bool{}, created: map[string]bool{}, slots: make(chan struct{}, 2*workers())}, nil
}

// begin makes the folders.
func (r *restorer) begin(m *Manifest) error {
	r.manifest, r.index = m, make(map[string]int, len(m.Files))
	for i, f := range m.Files[1:] {
		switch f.Kind {
		case regular:
			r.index[f.Path] = i + 1
		case folder:
			if err := r.stage.Mkdir(f.Path, 0o700); err != nil {
				return err
			}
		}
	}
	return nil
}

// unpack writes the files that the manifest wants of an entry, which is the n-th pack, or the manifest's own for 0.
func (r *restorer) unpack(n int, content io.Reader) error {
	dec, err := zstd.NewReader(content, zstd.WithDecoderConcurrency(workers()), zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		return err
	}
	defer dec.Close()
	defer r.writing.Wait() // for files with this as their source
	in := tar.NewReader(dec)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			r.writing.Wait()
			return r.err()
		}
		if err != nil {
			return fmt.Errorf("reading the archive: %w", err)
		}
		name, changed := strings.CutPrefix(header.Name, changedMark)
		i, ok := r.index[name]
		if !ok || r.manifest.Files[i].Pack != n {
			continue
		}
		if changed {
			r.changed[name] = true
			continue
		}
		if err := r.write(r.manifest.Files[i], in); err != nil {
			return fmt.Errorf("restoring %q: %w", header.Name, err)
		}
	}
}

func (r *restorer) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// parent is the folder of files that are being written. Names are looked up in it, and not from the stage down.
type parent struct {
	path string
	root *os.Root
	uses sync.WaitGroup
}

// enter opens the folder of a file, unless it is that of the one before.
func (r *restorer) enter(dir string) (*parent, error) {
	if r.parent != nil && r.parent.path == dir {
		return r.parent, nil
	}
	r.leave()
	root, err := r.stage.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	r.parent = &parent{path: dir, root: root}
	return r.parent, nil
}

// leave closes a folder once its files are written.
func (r *restorer) leave() {
	p := r.parent
	if r.parent = nil; p == nil {
		return
	}
	r.writing.Go(func() {
		p.uses.Wait()
		_ = p.root.Close() // it was opened for reading
	})
}

// write writes a file: a small one in the background.
func (r *restorer) write(f File, content io.Reader) error {
	if r.created[f.Path] {
		return errors.New("its content comes twice")
	}
	r.created[f.Path] = true
	dir, err := r.enter(path.Dir(f.Path))
	if err != nil {
		return err
	}
	if f.Size > small {
		return r.note(f, r.create(dir.root, f, content))
	}
	data := make([]byte, f.Size)
	if _, err := io.ReadFull(content, data); err != nil {
		return noEOF(err)
	}
	r.slots <- struct{}{}
	dir.uses.Add(1)
	r.writing.Go(func() {
		defer dir.uses.Done()
		_ = r.note(f, r.create(dir.root, f, bytes.NewReader(data)))
		<-r.slots
	})
	return r.err()
}

// note counts a file that was written.
func (r *restorer) note(f File, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.failed = cmp.Or(r.failed, fmt.Errorf("restoring %q: %w", f.Path, err))
		return err
	}
	r.written++
	r.bytes += f.Size
	return nil
}

func (r *restorer) create(dir *os.Root, f File, content io.Reader) (err error) {
	file, err := dir.OpenFile(path.Base(f.Path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	h := sha256.New()
	content = io.TeeReader(io.LimitReader(content, f.Size), h)
	var n int64
	if f.Sparse {
		n, err = copySparse(file, content, f.Size)
	} else {
		n, err = io.Copy(file, content)
	}
	if err != nil {
		return err
	}
	if n != f.Size || len(f.Hash) == 0 || !bytes.Equal(h.Sum(nil)[:len(f.Hash)], f.Hash) {
		return r.doubt(f)
	}
	if err := decorate(file, f); err != nil {
		return err
	}
	return setTime(file, f.Time)
}

// doubt notes a file with another content than the manifest says. It may have changed while it was packed: a mark follows.
func (r *restorer) doubt(f File) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubtful = append(r.doubtful, f.Path)
	return nil
}
