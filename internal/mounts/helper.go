package mounts

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// helper is the program that packs and unpacks mounts inside a builder.
type helper struct {
	args    []string // that make the program a helper
	content []byte
	packed  bool // content is compressed
	digest  string
}

// SelfArg makes this program its own helper, where none is embedded.
const SelfArg = "mounts-helper"

// findHelper returns the helper for the nodes of a platform: the file at path, if one is given; else the one that was
// embedded when this program was built; else this program itself. An error has a hint.
func findHelper(path string, platform ocispecs.Platform) (*helper, error) {
	h := &helper{}
	var err error
	switch {
	case platform.OS != "linux":
		return nil, fmt.Errorf("the builder is for %s: cache mounts can be saved on linux only", platform.OS)
	case path != "":
		h.content, err = readStatic(path, platform)
	default:
		h.packed = true
		if h.content, err = fs.ReadFile(embedded, "bin/helper-"+platform.Architecture+".gz"); errors.Is(err, fs.ErrNotExist) {
			h.packed, h.args = false, []string{SelfArg}
			h.content, err = self(platform)
		}
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(h.content)
	h.digest = hex.EncodeToString(sum[:6])
	return h, nil
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

func (h *helper) name() string { return "helper-" + h.digest }

// size is that of the program, in bytes.
func (h *helper) size() int64 {
	if !h.packed {
		return int64(len(h.content))
	}
	return int64(binary.LittleEndian.Uint32(h.content[len(h.content)-4:])) // RFC 1952, ISIZE
}

// Walk implements [fsutil.FS]: the program is the only file. BuildKit asks for it again only if its size or time differ.
func (h *helper) Walk(_ context.Context, _ string, visit fs.WalkDirFunc) error {
	st := &types.Stat{Path: h.name(), Mode: 0o755, Size: h.size(), ModTime: time.Unix(1, 0).UnixNano()}
	return visit(st.Path, &fsutil.DirEntryInfo{Stat: st}, nil)
}

// Open implements [fsutil.FS].
func (h *helper) Open(name string) (io.ReadCloser, error) {
	switch {
	case name != h.name():
		return nil, fs.ErrNotExist
	case h.packed:
		return gzip.NewReader(bytes.NewReader(h.content))
	}
	return io.NopCloser(bytes.NewReader(h.content)), nil
}
