package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// linkExtension gives the programs the names that gh looks for: those of the releases of a repository gh-ghacache. gh takes the file
// that ends with the platform, and stores it as gh-ghacache.
func linkExtension(dist string, programs []program) error {
	folder := filepath.Join(dist, "gh-ghacache")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, p := range programs {
		if err := os.Link(p.path, filepath.Join(folder, extensionName(p))); err != nil {
			return err
		}
	}
	return nil
}

// extensionName is as the action gh-extension-precompile names files.
func extensionName(p program) string {
	return fmt.Sprintf("gh-ghacache_%s_%s", p.version, strings.TrimPrefix(p.name, "docker-ghacache-"))
}
