package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|unlicense)([.-].*)?$`)

// writeLicences writes the licences of all that the programs are made of into LICENSES.txt. A module without one is an error.
func writeLicences(ctx context.Context, dist string, programs []program) error {
	cache, err := output(ctx, "go", "env", "GOMODCACHE")
	if err != nil {
		return err
	}
	root, err := output(ctx, "go", "env", "GOROOT")
	if err != nil {
		return err
	}
	folders := map[string]string{"docker-ghacache": ".", "Go": root}
	for _, p := range programs {
		for _, d := range p.dependencies {
			escaped, err := escape(d.Path, d.Version)
			if err != nil {
				return err
			}
			folders[d.Path+" "+d.Version] = filepath.Join(cache, escaped)
		}
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		if err := appendLicences(&text, name, folders[name]); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dist, "LICENSES.txt"), []byte(text.String()), 0o644)
}

func escape(path, version string) (string, error) {
	p, err := module.EscapePath(path)
	if err != nil {
		return "", err
	}
	v, err := module.EscapeVersion(version)
	return p + "@" + v, err
}

func appendLicences(text *strings.Builder, name, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("reading the licences of %s: %w", name, err)
	}
	found := false
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		found = true
		fmt.Fprintf(text, "%s\n%s: %s\n\n%s\n", strings.Repeat("=", 80), name, e.Name(), strings.TrimSpace(string(data)))
	}
	if !found {
		return fmt.Errorf("%s has no licence in %s", name, folder)
	}
	return nil
}
