package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// File is a file and its content.
type File struct {
	Path   string // as shown
	Target string // where it is, symbolic links followed
	Kind   Kind
	Src    []byte
}

// maxSize is the largest file that is read. No file that people write is larger.
const maxSize = 4 << 20

var errTooLarge = errors.New("larger than 4 MiB")

// Read reads the file. It returns nil for a file without interest.
func (p Place) Read() (*File, error) {
	if script, err := isScript(p); p.kind == None && !p.root && !script {
		return nil, err
	}
	src, err := readFile(p.target)
	if err != nil {
		return nil, err
	}
	if err := encoding(src); err != nil {
		return nil, err
	}
	if p.kind == None {
		p.kind = kindByContent(p.target, src)
	}
	if p.kind == None {
		return nil, errors.New("unknown kind of file")
	}
	return &File{Path: p.Path, Target: p.target, Kind: p.kind, Src: src}, nil
}

// encoding says why a file is not text in UTF-8. In UTF-16 no rule would find a word.
func encoding(src []byte) error {
	head := src[:min(len(src), 2)]
	if bytes.Equal(head, []byte{0xff, 0xfe}) || bytes.Equal(head, []byte{0xfe, 0xff}) || bytes.IndexByte(head, 0) >= 0 {
		return errors.New("UTF-16, not UTF-8")
	}
	return nil
}

// isScript looks at the first line of a file without an extension.
func isScript(p Place) (bool, error) {
	if p.kind != None || p.root {
		return false, nil
	}
	in, err := os.Open(p.target)
	if err != nil {
		return false, err
	}
	defer in.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(in, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return shebangRE().Match(head[:n]), err
}

func readFile(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	src, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	if err == nil && len(src) > maxSize {
		err = errTooLarge
	}
	return src, err
}

// Real is the path of the file behind a symbolic link, below the working directory
// if it can be: git knows the file by it.
func (f *File) Real() string {
	if f.Target == "" || absolute(f.Path) == f.Target {
		return f.Path
	}
	here, err := filepath.EvalSymlinks(absolute("."))
	if err != nil {
		return f.Target
	}
	if rel, err := filepath.Rel(here, f.Target); err == nil && filepath.IsLocal(rel) && !filepath.IsAbs(f.Path) {
		return rel
	}
	return f.Target
}
