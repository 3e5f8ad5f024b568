package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// manual is the archive of the man pages, for package managers that get the program alone.
const manual = "docker-ghacache-man.tar.gz"

// writeManual writes the man pages of all commands, for the packages, and an archive of them.
func writeManual(ctx context.Context, dist string) error {
	made, err := commitTime(ctx)
	if err != nil {
		return err
	}
	folder := filepath.Join(dist, "man")
	epoch := "SOURCE_DATE_EPOCH=" + strconv.FormatInt(made.Unix(), 10)
	if err := command(ctx, []string{epoch}, "go", "run", "./hack/docs", "man", folder); err != nil {
		return err
	}
	archive, err := archiveOf(folder, made)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, manual), archive, 0o644)
}

// archiveOf packs the files of a folder, with nothing of this machine.
func archiveOf(folder string, made time.Time) ([]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		if err := archive.WriteHeader(&tar.Header{Name: "man1/" + e.Name(), Mode: 0o644, Size: int64(len(data)), ModTime: made, Format: tar.FormatPAX}); err != nil {
			return nil, err
		}
		if _, err := archive.Write(data); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
