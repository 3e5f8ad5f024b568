package archive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// forged is an entry with any manifest and any archive.
func forged(t *testing.T, files []File, members ...tar.Header) []byte {
	t.Helper()
	enc := newEncoder()
	defer enc.Close()
	m := Manifest{Version: version, Files: files}
	frame, _, err := m.encode(enc)
	must(t, err)
	var entry bytes.Buffer
	entry.Write(frame)
	compressed := newCompressor(&entry)
	out := tar.NewWriter(compressed)
	for _, h := range members {
		h.Mode = 0o644
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len("evil"))
		}
		must(t, out.WriteHeader(&h))
		if h.Size > 0 {
			_, err := out.Write([]byte("evil"))
			must(t, err)
		}
	}
	must(t, out.Close())
	must(t, compressed.Close())
	return entry.Bytes()
}

func TestNoArchiveGetsOutOfTheMount(t *testing.T) {
	sum := sha256.Sum256([]byte("evil"))
	mount := File{Path: ".", Kind: folder, Mode: 0o755}
	evil := func(path string) File { return File{Path: path, Kind: regular, Size: 4, Hash: sum[:16], Mode: 0o644} }
	outside := t.TempDir()
	write(t, outside, "victim", "untouched")
	for name, c := range map[string]struct {
		files   []File
		members []tar.Header
		fine    bool // it is restored, and does no harm
	}{
		"a path with dots":                 {files: []File{mount, evil("../victim")}},
		"a path with dots inside":          {files: []File{mount, evil("a/../../victim")}},
		"an absolute path":                 {files: []File{mount, evil(outside + "/victim")}},
		"a path through a link":            {files: []File{mount, {Path: "a", Kind: symlink, Target: outside}, evil("a/victim")}},
		"a path through a later link":      {files: []File{mount, evil("a/victim"), {Path: "a", Kind: symlink, Target: outside}}},
		"a folder and a link of one name":  {files: []File{mount, {Path: "a", Kind: folder}, {Path: "a", Kind: symlink, Target: outside}, evil("a/victim")}},
		"a hard link to the outside":       {files: []File{mount, {Path: "a", Kind: hardlink, Target: outside + "/victim"}}},
		"a hard link to a link":            {files: []File{mount, {Path: "a", Kind: symlink, Target: outside + "/victim"}, {Path: "b", Kind: hardlink, Target: "a"}}},
		"a file in the stage":              {files: []File{mount, {Path: stage, Kind: folder}, evil(stage + "/x")}},
		"the mount as a link":              {files: []File{{Path: ".", Kind: symlink, Target: outside}}},
		"the mount twice":                  {files: []File{mount, {Path: ".", Kind: symlink, Target: outside}}},
		"a path that ends with a slash":    {files: []File{mount, evil("a/")}},
		"a zero in a path":                 {files: []File{mount, evil("a\x00b")}},
		"a device":                         {files: []File{mount, {Path: "sda", Kind: "b"}}},
		"a mode with more than mode bits":  {files: []File{mount, {Path: "a", Kind: folder, Mode: 0o100755}}},
		"a size below zero":                {files: []File{mount, {Path: "a", Kind: regular, Size: -1}}},
		"a pack that is not there":         {files: []File{mount, {Path: "a", Kind: regular, Pack: 1}}},
		"no files":                         {},
		"content of another file":          {files: []File{mount, evil("a")}, members: []tar.Header{{Typeflag: tar.TypeReg, Name: "b"}}},
		"content that is a link":           {files: []File{mount, evil("a")}, members: []tar.Header{{Typeflag: tar.TypeSymlink, Name: "a", Linkname: outside + "/victim"}}},
		"content twice":                    {files: []File{mount, evil("a")}, members: []tar.Header{{Typeflag: tar.TypeReg, Name: "a"}, {Typeflag: tar.TypeReg, Name: "a"}}},
		"members that no manifest has":     {files: []File{mount, evil("a")}, members: []tar.Header{{Typeflag: tar.TypeReg, Name: "../victim"}, {Typeflag: tar.TypeSymlink, Name: "a", Linkname: outside}, {Typeflag: tar.TypeReg, Name: "a/victim"}}},
		"a link to the outside is no harm": {files: []File{mount, evil("a"), {Path: "b", Kind: symlink, Target: outside + "/victim"}}, members: []tar.Header{{Typeflag: tar.TypeReg, Name: "a"}}, fine: true},
	} {
		t.Run(name, func(t *testing.T) {
			k, to := newCache(), filepath.Join(t.TempDir(), "mount")
			must(t, os.Mkdir(to, 0o755))
			k.keys, k.entries["k"] = []string{"k"}, forged(t, c.files, c.members...)
			_, err := k.restore(t, to)
			if (err == nil) != c.fine {
				t.Errorf("restoring it: %v", err)
			}
			if err != nil {
				t.Log(err)
			}
			if data, err := os.ReadFile(filepath.Join(outside, "victim")); err != nil || string(data) != "untouched" {
				t.Errorf("the victim has %q, %v", data, err)
			}
			if entries, _ := os.ReadDir(to); !c.fine && len(entries) > 0 {
				t.Errorf("the mount has %v", entries)
			}
			if beside, _ := os.ReadDir(filepath.Dir(to)); len(beside) != 1 {
				t.Errorf("beside the mount there is %v", beside)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	enc := newEncoder()
	defer enc.Close()
	frame, _, err := (&Manifest{Version: version, Files: []File{{Path: ".", Kind: folder}, {Path: "a", Kind: regular}}}).encode(enc)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frame)
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := ReadFrame(bytes.NewReader(data))
		if err != nil {
			return
		}
		m, err := decode(frame)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if strings.HasPrefix(file.Path, "/") || strings.Contains(file.Path, "..") && !filepath.IsLocal(file.Path) {
				t.Errorf("accepted path %q", file.Path)
			}
		}
	})
}
