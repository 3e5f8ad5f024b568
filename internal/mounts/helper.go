package mounts

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// Helper is the program that packs and unpacks mounts inside a builder.
type Helper struct {
	Args    []string // that make the program a helper
	program []byte
	digest  string
}

// SelfArg makes this program its own helper, where none is embedded.
const SelfArg = "mounts-helper"

// FindHelper returns the helper for the nodes of a platform: the file at path, if one is given; else the one that was
// embedded when this program was built; else this program itself. An error has a hint.
func FindHelper(path string, platform ocispecs.Platform) (*Helper, error) {
	h := &Helper{}
	var err error
	switch {
	case platform.OS != "linux":
		return nil, fmt.Errorf("the builder is for %s: cache mounts can be saved on linux only", platform.OS)
	case path != "":
		h.program, err = readStatic(path, platform)
	default:
		if h.program, err = embeddedHelper(platform.Architecture); err == nil && h.program == nil {
			h.Args = []string{SelfArg}
			h.program, err = self(platform)
		}
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(h.program)
	h.digest = hex.EncodeToString(sum[:6])
	return h, nil
}

// embeddedHelper is nil if there is none.
func embeddedHelper(architecture string) ([]byte, error) {
	packed, err := fs.ReadFile(embedded, "bin/helper-"+architecture+".gz")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func helperHint(architecture string) string {
	return fmt.Sprintf("CGO_ENABLED=0 GOOS=linux GOARCH=%s go build -o mounts-helper github.com/docker-ghacache/docker-ghacache/internal/mounts/helper, and --gha-mounts-helper=mounts-helper", architecture)
}

func self(platform ocispecs.Platform) ([]byte, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != platform.Architecture {
		return nil, hint.With(fmt.Errorf("this program has no helper for linux/%s in it", platform.Architecture), helperHint(platform.Architecture))
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return readStatic(path, platform)
}

// readStatic reads a program that needs nothing but itself.
func readStatic(path string, platform ocispecs.Platform) ([]byte, error) {
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the helper: %w", err)
	}
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return nil, hint.With(fmt.Errorf("the helper %s is not a program for linux", path), helperHint(platform.Architecture))
	}
	defer file.Close()
	machines := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}
	if arch, known := machines[file.Machine]; known && arch != platform.Architecture {
		return nil, hint.With(fmt.Errorf("the helper %s is for %s, and the builder for %s", path, arch, platform.Architecture), helperHint(platform.Architecture))
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, hint.With(fmt.Errorf("%s is linked dynamically and does not run in a builder", path), helperHint(platform.Architecture))
		}
	}
	return program, nil
}

func (h *Helper) name() string { return "helper-" + h.digest }

// directory writes the helper to a folder for BuildKit. BuildKit asks for a file again only if its size or time differ.
func (h *Helper) directory() (dir string, remove func() error, err error) {
	dir, err = os.MkdirTemp("", "ghacache-helper-")
	if err != nil {
		return "", nil, err
	}
	remove = func() error { return os.RemoveAll(dir) }
	path, then := filepath.Join(dir, h.name()), time.Unix(1, 0)
	err = errors.Join(os.WriteFile(path, h.program, 0o755), os.Chtimes(path, then, then), os.Chtimes(dir, then, then))
	if err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return dir, remove, nil
}
