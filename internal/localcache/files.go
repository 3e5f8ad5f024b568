package localcache

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// readFile reads a file of at most limit bytes. It does not open what is no file: a pipe would never end.
func readFile(name string, limit int64) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := refuseLink(name, info); err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", name, limit)
	}
	return data, err
}

// refuseLink is an error for a symbolic link: behind it may be the files of another cache, and
// deleting them here would break that one.
func refuseLink(name string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a symbolic link, and another cache may use the files behind it", name)
	}
	return nil
}

// readDir lists a folder of the cache, which may be missing.
func readDir(name string) ([]fs.DirEntry, error) {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var entries []fs.DirEntry
	if err == nil {
		err = refuseLink(name, info)
	}
	if err == nil {
		entries, err = os.ReadDir(name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing the local cache: %w", err)
	}
	return entries, nil
}

// listFiles lists the blobs and the unfinished uploads. What has another name is not
// BuildKit's, and is left alone.
func listFiles(dir string) ([]file, error) {
	var files []file
	algorithms, err := readDir(filepath.Join(dir, blobDir))
	if err != nil {
		return nil, err
	}
	for _, algorithm := range algorithms {
		if algorithm.Type().IsRegular() {
			continue
		}
		blobs, err := readDir(filepath.Join(dir, blobDir, algorithm.Name()))
		if err != nil {
			return nil, err
		}
		for _, blob := range blobs {
			digest := algorithm.Name() + ":" + blob.Name()
			f, ok := statFile(dir, blobPath(digest), digest)
			if ok && blob.Type().IsRegular() && bkcache.LayerKey(digest).Kind == bkcache.KindLayer {
				files = append(files, f)
			}
		}
	}
	uploads, err := listUploads(dir)
	if err != nil {
		return nil, err
	}
	files = append(files, uploads...)
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.path, b.path) })
	return files, nil
}

// statFile reports whether a file is there: builds may delete and finish any of them.
func statFile(dir, name, digest string) (file, bool) {
	at := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Lstat(at)
	if err != nil {
		return file{}, false
	}
	f := file{path: name, digest: digest, size: info.Size(), written: info.ModTime(), used: accessTime(at, info)}
	if f.used.Before(f.written) {
		f.used = f.written
	}
	return f, true
}

// listUploads lists the folders of uploads, each of which is named by the digest of a name.
func listUploads(dir string) ([]file, error) {
	folders, err := readDir(filepath.Join(dir, uploadDir))
	if err != nil {
		return nil, err
	}
	var uploads []file
	for _, folder := range folders {
		digest := "sha256:" + folder.Name()
		if !folder.IsDir() || bkcache.LayerKey(digest).Kind != bkcache.KindLayer {
			continue
		}
		whole, ok := statFile(dir, path.Join(uploadDir, folder.Name()), digest)
		parts, err := os.ReadDir(filepath.Join(dir, uploadDir, folder.Name()))
		if !ok || err != nil {
			continue // it has ended
		}
		whole.size = 0
		for _, part := range parts {
			if f, ok := statFile(dir, path.Join(whole.path, part.Name()), ""); ok {
				whole.size += f.size
				if f.written.After(whole.written) {
					whole.written, whole.used = f.written, f.written
				}
			}
		}
		uploads = append(uploads, whole)
	}
	return uploads, nil
}

// blobPath is the path of a blob in the folder, with slashes.
func blobPath(digest string) string {
	return path.Join(blobDir, strings.Replace(digest, ":", "/", 1))
}
