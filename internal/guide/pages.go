package guide

import (
	"os"
	"path/filepath"
)

// Pages returns the pages whose blocks are run, with their text. The folder is the root of the repository.
func Pages(root string) (map[string]string, error) {
	names := []string{"README.md"}
	for _, pattern := range []string{"docs/README.md", "docs/attributes.md", "docs/limits.md", "docs/guides/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			name, err := filepath.Rel(root, file)
			if err != nil {
				return nil, err
			}
			names = append(names, filepath.ToSlash(name))
		}
	}
	pages := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		pages[name] = string(text)
	}
	return pages, nil
}
