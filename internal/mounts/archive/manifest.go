package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// stage is the folder in a mount into which files are restored.
const stage = ".ghacache-restore"

// frameMagic begins a frame that zstd skips (RFC 8878, 3.1.2).
const frameMagic = 0x184D2A5D

const (
	maxManifest = 64 << 20  // compressed
	maxDecoded  = 512 << 20 // its JSON
)

// Kinds of files. Others are left out.
const (
	regular  = "f"
	folder   = "d"
	symlink  = "l"
	hardlink = "h"
)

// File is one file of a mount. The JSON is short because there are many.
type File struct {
	Path   string            `json:"p"` // slashes, relative to the mount; "." is the mount itself
	Kind   string            `json:"k"`
	Mode   uint32            `json:"m,omitempty"` // permissions, setuid, setgid and sticky, as in Unix
	UID    int               `json:"u,omitempty"`
	GID    int               `json:"g,omitempty"`
	Time   int64             `json:"t,omitempty"` // of the last change of the content, Unix nanoseconds
	Size   int64             `json:"s,omitempty"`
	Target string            `json:"l,omitempty"` // of a symbolic link; of a hard link the path of a regular file
	Sparse bool              `json:"z,omitempty"`
	Xattrs map[string][]byte `json:"x,omitempty"`
	Hash   []byte            `json:"h,omitempty"` // of the content: the first 16 bytes of its SHA-256
	Pack   int               `json:"e,omitempty"` // the entry that has the content: 0 is the manifest's own, n its n-th pack
}

// Manifest lists the files of a mount.
type Manifest struct {
	Version int    `json:"version"`
	Bytes   int64  `json:"bytes"`           // of the contents in the manifest's own entry
	Packs   []Pack `json:"packs,omitempty"` // older entries with contents, newest first
	Files   []File `json:"files"`           // sorted; a folder comes before what is in it
}

// Pack is an older entry.
type Pack struct {
	Key   string `json:"key"`
	Bytes int64  `json:"bytes"` // of all contents in it
}

const version = 1

// treeID tells mounts apart that differ in anything but the content of files of the same size and time.
func treeID(files []File) string {
	h := sha256.New()
	var line []byte
	for _, f := range files {
		line = strconv.AppendQuote(line[:0], f.Path)
		line = append(append(line, ' '), f.Kind...)
		line = strconv.AppendUint(append(line, ' '), uint64(f.Mode), 8)
		for _, n := range []int64{int64(f.UID), int64(f.GID), f.Time, f.Size} {
			line = strconv.AppendInt(append(line, ' '), n, 10)
		}
		line = strconv.AppendQuote(append(line, ' '), f.Target)
		line = strconv.AppendBool(append(line, ' '), f.Sparse)
		text := []byte("null")
		if f.Xattrs != nil {
			text, _ = json.Marshal(f.Xattrs) // of bytes, sorted
		}
		line = append(append(line, text...), '\n')
		h.Write(line)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// encode returns the frame that begins an entry, and the ID of the entry.
func (m *Manifest) encode(enc *zstd.Encoder) (frame []byte, id string, err error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(text)
	packed := enc.EncodeAll(text, make([]byte, 8, len(text)/3))
	if len(packed) > maxManifest {
		return nil, "", fmt.Errorf("%d files are too many", len(m.Files))
	}
	binary.LittleEndian.PutUint32(packed, frameMagic)
	binary.LittleEndian.PutUint32(packed[4:], uint32(len(packed)-8))
	return packed, hex.EncodeToString(sum[:8]), nil
}

// ReadFrame reads the frame of the manifest from the beginning of an entry.
func ReadFrame(r io.Reader) ([]byte, error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	size := binary.LittleEndian.Uint32(head[4:])
	if binary.LittleEndian.Uint32(head) != frameMagic || size > maxManifest {
		return nil, errors.New("the entry does not begin with a manifest")
	}
	frame := bytes.NewBuffer(head)
	if n, err := io.CopyN(frame, r, int64(size)); err != nil {
		return nil, fmt.Errorf("reading the manifest: %d of %d bytes: %w", n, size, noEOF(err))
	}
	return frame.Bytes(), nil
}

// decode reads what encode wrote, and checks it.
func decode(frame []byte) (*Manifest, error) {
	dec, err := zstd.NewReader(bytes.NewReader(frame[8:]), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	m := &Manifest{}
	if err := json.NewDecoder(io.LimitReader(dec, maxDecoded)).Decode(m); err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	if m.Version != version {
		return nil, fmt.Errorf("the manifest has version %d; this program knows %d", m.Version, version)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("the manifest is wrong: %w", err)
	}
	return m, nil
}

// check makes sure that no file gets out of the mount, or through a link.
func (m *Manifest) check() error {
	kinds := make(map[string]string, len(m.Files))
	for i, f := range m.Files {
		if err := f.check(i, len(m.Packs)); err != nil {
			return fmt.Errorf("file %q: %w", f.Path, err)
		}
		if i > 0 && kinds[path.Dir(f.Path)] != folder {
			return fmt.Errorf("file %q: it is not in a folder that comes before it", f.Path)
		}
		if _, ok := kinds[f.Path]; ok {
			return fmt.Errorf("file %q: it is listed twice", f.Path)
		}
		kinds[f.Path] = f.Kind
	}
	for _, f := range m.Files {
		if f.Kind == hardlink && kinds[f.Target] != regular {
			return fmt.Errorf("file %q: its target %q is not a regular file", f.Path, f.Target)
		}
	}
	if len(m.Files) == 0 {
		return errors.New("it is empty")
	}
	return nil
}

func (f File) check(place, packs int) error {
	first, _, _ := strings.Cut(f.Path, "/")
	switch {
	case place == 0 && (f.Path != "." || f.Kind != folder):
		return errors.New("the first is not the mount")
	case place > 0 && f.Path == ".", !fs.ValidPath(f.Path), strings.ContainsRune(f.Path, 0), strings.ContainsRune(f.Target, 0):
		return errors.New("not a path")
	case first == stage:
		return errors.New("it is in the folder for files that are being restored")
	case f.Size < 0 || f.Size > 0 && f.Kind != regular:
		return fmt.Errorf("size %d", f.Size)
	case f.Pack < 0 || f.Pack > packs:
		return fmt.Errorf("entry %d of %d", f.Pack, packs)
	case f.Mode&^0o7777 != 0:
		return fmt.Errorf("mode %o", f.Mode)
	case f.UID < 0 || f.GID < 0:
		return fmt.Errorf("owner %d:%d", f.UID, f.GID)
	}
	if k := f.Kind; k != regular && k != folder && k != symlink && k != hardlink {
		return fmt.Errorf("kind %q", k)
	}
	return nil
}

// sameMeta says that nothing but the time may differ.
func (f File) sameMeta(other File) bool {
	return f.Path == other.Path && f.Kind == other.Kind && f.Mode == other.Mode && f.UID == other.UID && f.GID == other.GID &&
		f.Size == other.Size && f.Target == other.Target && f.Sparse == other.Sparse && len(f.Xattrs) == len(other.Xattrs) && sameXattrs(f.Xattrs, other.Xattrs)
}

func sameXattrs(a, b map[string][]byte) bool {
	for name, value := range a {
		if other, ok := b[name]; !ok || !bytes.Equal(value, other) {
			return false
		}
	}
	return true
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
