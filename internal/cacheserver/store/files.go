package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// files are Blobs in a folder: uploads/ID until they are published, then blobs/ID.
type files struct {
	dir   string
	names batches[struct{}] // callers whose renames are to be synced
}

func openFiles(dir string) (*files, error) {
	f := &files{dir: dir}
	f.names.do = func([]struct{}) error { return syncDir(filepath.Join(dir, "blobs")) }
	for _, folder := range []string{"blobs", "uploads"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *files) blob(id int64) string    { return f.path("blobs", id) }
func (f *files) partial(id int64) string { return f.path("uploads", id) }

func (f *files) sub(folder string) string { return filepath.Join(f.dir, folder) }

func (f *files) path(folder string, id int64) string {
	return filepath.Join(f.dir, folder, strconv.FormatInt(id, 10))
}

// dropUploads removes what an earlier process has not finished.
func (f *files) dropUploads() error {
	left, err := os.ReadDir(filepath.Join(f.dir, "uploads"))
	if err != nil {
		return err
	}
	for _, file := range left {
		if _, ok := blobID(file); !ok {
			continue
		}
		if err := os.Remove(filepath.Join(f.dir, "uploads", file.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Writer implements [Blobs].
func (f *files) Writer(id int64) (BlobWriter, error) {
	file, err := openShared(f.partial(id), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return fileWriter{file}, nil
}

// early is how many bytes the kernel is asked to write at a time, while more arrive. With 1 MiB, an upload in blocks of
// that size takes up to a tenth longer. With 32 MiB, the sync at the end takes longer.
const early = 8 << 20

// fileWriter writes a piece of an unfinished blob, from its begin to its end.
type fileWriter struct{ *os.File }

// WriteAt implements [io.WriterAt].
func (w fileWriter) WriteAt(p []byte, off int64) (int, error) {
	n, err := w.File.WriteAt(p, off)
	if full := (off + int64(n)) / early * early; full > off {
		startWriteback(w.File, full-early, early)
	}
	return n, err
}

// Publish implements [Blobs]. The new name is made before the sync of the content, because file systems with a journal
// bring both to disk at once: then the sync of the folder has nothing left to do.
func (f *files) Publish(id, size int64) error {
	file, err := openShared(f.partial(id), os.O_WRONLY|os.O_CREATE, 0o600) // nothing has made that of an empty entry yet
	if err != nil {
		return err
	}
	err = file.Truncate(size)
	if err == nil && runtime.GOOS == "windows" { // no open file is renamed there
		err = errors.Join(file.Sync(), file.Close(), os.Rename(f.partial(id), f.blob(id)))
		return err
	}
	if err == nil {
		err = os.Rename(f.partial(id), f.blob(id))
	}
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return f.names.join(struct{}{})
}

// Open implements [Blobs].
func (f *files) Open(id int64) (BlobReader, error) {
	file, err := openShared(f.blob(id), os.O_RDONLY, 0)
	if err != nil {
		return nil, f.certain(err)
	}
	return file, nil
}

// Size implements [Blobs].
func (f *files) Size(id int64) (int64, error) {
	info, err := os.Stat(f.blob(id))
	if err != nil {
		return 0, f.certain(err)
	}
	return info.Size(), nil
}

// certain takes a file for missing only if its folder is there: without that, another disk is not mounted.
func (f *files) certain(err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, dirErr := os.Stat(filepath.Join(f.dir, "blobs")); dirErr != nil {
		return errors.New(dirErr.Error()) // which is not fs.ErrNotExist
	}
	return err
}

// Remove implements [Blobs].
func (f *files) Remove(id int64) error {
	return errors.Join(remove(f.partial(id)), remove(f.blob(id)))
}

// List implements [Blobs].
func (f *files) List() (ids []int64, strange []string, err error) {
	all, err := os.ReadDir(filepath.Join(f.dir, "blobs"))
	for _, file := range all {
		if id, ok := blobID(file); ok {
			ids = append(ids, id)
		} else {
			strange = append(strange, filepath.Join(f.dir, "blobs", file.Name()))
		}
	}
	return ids, strange, err
}

// blobID takes a file for a blob if it is named as [files.path] does.
func blobID(file fs.DirEntry) (int64, bool) {
	id, err := strconv.ParseInt(file.Name(), 10, 64)
	return id, err == nil && strconv.FormatInt(id, 10) == file.Name() && file.Type().IsRegular()
}

func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
