package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// reproduce builds this machine's program and its packages again from a clone, with nothing of the first build, and compares
// the bytes.
func reproduce(ctx context.Context, dist string) error {
	dist, err := filepath.Abs(dist)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "ghacache-again-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	tool, err := filepath.Abs(nfpm)
	if err != nil {
		return err
	}
	clone := filepath.Join(work, "in", "another", "folder")
	if err := command(ctx, nil, "git", "clone", "--quiet", ".", clone); err != nil {
		return err
	}
	if err := os.Chdir(clone); err != nil {
		return err
	}
	if err := os.Mkdir("bin", 0o755); err != nil {
		return err
	}
	if err := os.Symlink(tool, nfpm); err != nil {
		return err
	}
	if err := again(ctx, dist, filepath.Join(work, "cache")); err != nil {
		return err
	}
	return compare(dist, "dist")
}

// again makes what of a release belongs to this machine's platform. LICENSES.txt is of all platforms, and taken over.
func again(ctx context.Context, first, cache string) error {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	path := filepath.Join("dist", assetName(platform))
	env := []string{"GOCACHE=" + cache}
	if err := buildHelpers(ctx, env); err != nil {
		return err
	}
	if err := compile(ctx, env, path, platform); err != nil {
		return err
	}
	p, err := inspect(path)
	if err != nil {
		return err
	}
	licences, err := os.ReadFile(filepath.Join(first, "LICENSES.txt"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join("dist", "LICENSES.txt"), licences, 0o644); err != nil {
		return err
	}
	if err := writeBills(ctx, "dist", []program{p}); err != nil {
		return err
	}
	if err := writeManual(ctx, "dist"); err != nil {
		return err
	}
	return writePackages(ctx, "dist", []program{p})
}

// compare compares every file of a release that was made again.
func compare(first, second string) error {
	entries, err := os.ReadDir(second)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			continue // the man pages, of which there is an archive
		}
		a, err := os.ReadFile(filepath.Join(first, e.Name()))
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(second, e.Name()))
		if err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%s is not the same when it is built in another folder with an empty cache: %d and %d bytes", e.Name(), len(a), len(b))
		}
		fmt.Println("the same:", e.Name())
	}
	return nil
}
