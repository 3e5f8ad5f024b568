package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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
	if err := cloneWithChanges(ctx, ".", clone); err != nil {
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

// cloneWithChanges clones a checkout with what is changed in it, which go build notes in the version of the program.
func cloneWithChanges(ctx context.Context, from, clone string) error {
	if err := command(ctx, nil, "git", "clone", "--quiet", from, clone); err != nil {
		return err
	}
	changed, err := output(ctx, "git", "-C", from, "diff", "--name-only", "--no-renames", "-z", "HEAD")
	if err != nil {
		return err
	}
	unknown, err := output(ctx, "git", "-C", from, "ls-files", "--others", "--exclude-standard", "-z")
	if err != nil {
		return err
	}
	for path := range strings.SplitSeq(changed+unknown, "\x00") {
		if path == "" {
			continue
		}
		if err := copyFile(filepath.Join(from, path), filepath.Join(clone, path)); err != nil {
			return err
		}
	}
	return nil
}

// copyFile makes a file the same as another, also if that is not there.
func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Remove(to)
	}
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(to, data, info.Mode()); err != nil {
		return err
	}
	return os.Chmod(to, info.Mode())
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
