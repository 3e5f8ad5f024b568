package mounting

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Build is where the Dockerfile of a build is, and what it is built with.
type Build struct {
	Context   string // a folder; empty: the current one
	File      string // as the user gave it; empty: Dockerfile in the context
	Inline    string // the Dockerfile itself; empty: it is a file
	Target    string // empty: the last stage
	Args      map[string]string
	Platforms []string // none: that of the builder
}

// read returns the Dockerfile, if it is a file of this machine.
func (b Build) read() ([]byte, error) {
	if b.Inline != "" {
		return []byte(b.Inline), nil
	}
	file := b.File
	if file == "" {
		file = "Dockerfile"
	}
	if info, err := os.Stat(b.Context); b.Context != "" && (err != nil || !info.IsDir()) {
		return nil, fmt.Errorf("the Dockerfile is in the context %q, which is not a folder of this machine", b.Context)
	}
	if file == "-" {
		return nil, errors.New("the Dockerfile comes from standard input")
	}
	if b.File == "" {
		file = filepath.Join(b.Context, file)
	}
	return os.ReadFile(file)
}
