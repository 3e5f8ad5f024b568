package archive

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"io"

	"os"
	"path/filepath"
	"runtime"
	"sync"
)

const (
	// small is the largest file that is read ahead.
	small = 1 << 20
	// ahead is how many small files are read ahead.
	ahead = 64
)

func workers() int { return max(2, runtime.GOMAXPROCS(0)) }

// errChanged says that a file is not what it was when the mount was listed.
var errChanged = errors.New("it changed")

// hash fills in the hashes of the files that wanted selects. The path of a file that vanished or changed is in lost.
func hash(dir string, files []File, wanted func(File) bool) (lost map[string]bool) {
	lost = map[string]bool{}
	var mu sync.Mutex
	var hashing sync.WaitGroup
	work := make(chan *File, ahead)
	for range workers() {
		hashing.Go(func() {
			buf := make([]byte, 256<<10)
			for f := range work {
				if err := hashFile(dir, f, buf); err != nil {
					mu.Lock()
					lost[f.Path] = true
					mu.Unlock()
				}
			}
		})
	}
	for i := range files {
		if wanted(files[i]) {
			work <- &files[i]
		}
	}
	close(work)
	hashing.Wait()
	return lost
}

func hashFile(dir string, f *File, buf []byte) error {
	file, err := open(dir, *f)
	if err != nil {
		return err
	}
	defer file.Close()
	h := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{file}, buf)
	if err == nil && n != f.Size {
		err = errChanged
	}
	f.Hash = h.Sum(nil)[:16]
	return err
}

// open opens a file that is what it was when the mount was listed.
func open(dir string, f File) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, f.Path), os.O_RDONLY|oNoFollow, 0)
	if err != nil {
		return nil, err
	}
	if err := unchanged(file, f); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func unchanged(file *os.File, f File) error {
	info, err := file.Stat()
	if err == nil && (!info.Mode().IsRegular() || info.Size() != f.Size || info.ModTime().UnixNano() != f.Time) {
		return errChanged
	}
	return err
}

// content is a file that was read ahead; one that was not has no data, and is opened when its turn comes.
type content struct {
	file File
	data []byte
	err  error
}

// readAhead reads the files that wanted selects, several at a time, and returns them in order.
func readAhead(dir string, files []File, wanted func(File) bool, stop <-chan struct{}) <-chan content {
	order := make(chan chan content, ahead)
	work := make(chan func())
	for range workers() {
		go func() {
			for read := range work {
				read()
			}
		}()
	}
	go func() {
		defer close(order)
		defer close(work)
		for _, f := range files {
			if !wanted(f) {
				continue
			}
			one := make(chan content, 1)
			select {
			case order <- one:
			case <-stop:
				return
			}
			if f.Size > small {
				one <- content{file: f}
				continue
			}
			work <- func() { one <- readSmall(dir, f) }
		}
	}()
	contents := make(chan content)
	go func() {
		defer close(contents)
		for one := range order {
			select {
			case contents <- <-one:
			case <-stop:
				return
			}
		}
	}()
	return contents
}

func readSmall(dir string, f File) content {
	c := content{file: f}
	file, err := open(dir, f)
	if err != nil {
		c.err = err
		return c
	}
	defer file.Close()
	c.data = make([]byte, f.Size)
	if _, c.err = io.ReadFull(file, c.data); c.err == nil {
		c.err = unchanged(file, f)
	}
	return c
}

// pack writes the contents of the files that wanted selects as a compressed tar archive. A file that has changed or
// vanished is marked as such behind its content, and counted.
func pack(w io.Writer, dir string, files []File, wanted func(File) bool) (changed int, err error) {
	compressed := newCompressor(w)
	out := tar.NewWriter(compressed)
	stop := make(chan struct{})
	defer close(stop)
	for c := range readAhead(dir, files, wanted, stop) {
		err := writeFile(out, dir, c)
		if errors.Is(err, errChanged) {
			changed++
			err = nil
		}
		if err != nil {
			return changed, errors.Join(err, compressed.Close())
		}
	}
	return changed, errors.Join(out.Close(), compressed.Close())
}

// changedMark begins the name of an empty file behind a file whose content is not to be used. No manifest has it.
const changedMark = stage + "/changed/"

func writeFile(out *tar.Writer, dir string, c content) error {
	lost := c.err != nil
	if lost && c.data == nil {
		return mark(out, c.file.Path)
	}
	var file *os.File
	if c.data == nil {
		var err error
		if file, err = open(dir, c.file); err != nil {
			return mark(out, c.file.Path)
		}
		defer file.Close()
	}
	header := tar.Header{Name: c.file.Path, Typeflag: tar.TypeReg, Mode: 0o644, Size: c.file.Size}
	if err := out.WriteHeader(&header); err != nil {
		return err
	}
	if file == nil {
		if _, err := out.Write(c.data); err != nil || !lost {
			return err
		}
		return mark(out, c.file.Path)
	}
	n, err := io.Copy(out, io.LimitReader(reading{file}, c.file.Size))
	if err != nil {
		if _, ok := errors.AsType[readError](err); !ok {
			return err
		}
	}
	if _, err := io.CopyN(out, zeros{}, c.file.Size-n); err != nil {
		return err
	}
	if n < c.file.Size || unchanged(file, c.file) != nil {
		return mark(out, c.file.Path)
	}
	return nil
}

func mark(out *tar.Writer, path string) error {
	if err := out.WriteHeader(&tar.Header{Name: changedMark + path, Typeflag: tar.TypeReg, Mode: 0o644}); err != nil {
		return err
	}
	return errChanged
}

// reading tells a failure of reading from one of writing.
type reading struct{ r io.Reader }

type readError struct{ error }

func (r reading) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = readError{err}
	}
	return n, err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
