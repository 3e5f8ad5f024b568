package mounts

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"testing"
)

func TestBuildKitGetsTheProgramOfTheHelper(t *testing.T) {
	program := bytes.Repeat([]byte("program"), 10_000)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]*helper{
		"embedded": {content: packed.Bytes(), packed: true, digest: "1"},
		"a file":   {content: program, digest: "2"},
	} {
		t.Run(name, func(t *testing.T) {
			files := 0
			err := h.Walk(t.Context(), "", func(path string, entry fs.DirEntry, _ error) error {
				files++
				info, err := entry.Info()
				if err != nil || info.Size() != int64(len(program)) || info.Mode() != 0o755 {
					t.Errorf("%v, %v", info, err)
				}
				r, err := h.Open(path)
				if err != nil {
					return err
				}
				defer r.Close()
				content, err := io.ReadAll(r)
				if !bytes.Equal(content, program) {
					t.Errorf("%d bytes", len(content))
				}
				return err
			})
			if err != nil || files != 1 {
				t.Errorf("%d files, %v", files, err)
			}
		})
	}
}
