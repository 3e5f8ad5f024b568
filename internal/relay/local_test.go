package relay

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestLayersThatPassThroughAreKept(t *testing.T) {
	dir := t.TempDir()
	keeping := func(o *Options) { o.Dir = dir }
	sent, other := []layer{newLayer(1, 100), newLayer(2, 9<<20), newLayer(5, 0)}, []layer{newLayer(3, 40<<20), newLayer(4, 1<<20)}
	u := serve(t, cacheserver.Options{})
	r := start(t, u, keeping)
	if err := export(t.Context(), r.client(t), "app", sent...); err != nil {
		t.Fatal(err)
	}
	if err := export(t.Context(), u.client(t), "other", other...); err != nil {
		t.Fatal(err)
	}
	check := func(r running, size int64) {
		t.Helper()
		c := r.client(t)
		load(t, c, "index-other-1-")
		for _, l := range append(append([]layer{}, sent...), other...) {
			if got := load(t, c, l.key); !bytes.Equal(got, l.content) {
				t.Errorf("%d bytes that differ from the %d saved", len(got), len(l.content))
			}
		}
		if s := r.Stats(); s.Local != size {
			t.Errorf("%d of %d bytes came from this machine", s.Local, size)
		}
	}
	check(r, 9<<20+100)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := start(t, u, keeping)
	load(t, all.client(t), "index-app-1-")
	check(all, 50<<20+100)
	if err := all.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	// What somebody has changed on the disk is not the content of a layer.
	damage(t, dir)
	last := start(t, u, keeping)
	load(t, last.client(t), "index-app-1-")
	c := last.client(t)
	load(t, c, "index-other-1-")
	for _, l := range other {
		e, err := c.Load(t.Context(), l.key)
		if err != nil || e == nil {
			t.Fatal(e, err)
		}
		var got bytes.Buffer
		if err := e.WriteTo(t.Context(), &got); err == nil && !bytes.Equal(got.Bytes(), l.content) {
			t.Error("a damaged layer was served")
		}
	}

	// A client whose token does not reach the entry does not get it from this machine.
	stranger := serve(t, cacheserver.Options{})
	if err := last.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := load(t, start(t, stranger, keeping).client(t), sent[0].key); got != nil {
		t.Error("a layer of another service was served")
	}
}

func damage(t *testing.T, dir string) {
	t.Helper()
	damaged := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".db" {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Size() < 1<<20 {
			return err
		}
		damaged++
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteAt([]byte("other content"), 1000)
		return err
	})
	if err != nil || damaged == 0 {
		t.Fatalf("%d files, %v", damaged, err)
	}
}
