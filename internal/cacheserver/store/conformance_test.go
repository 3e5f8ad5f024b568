package store

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a Catalog and what Blobs must do, whoever implements them. open opens the same one again after Close.
func TestCatalogs(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, dir string) Catalog{
		"bbolt": func(t *testing.T, dir string) Catalog {
			c, err := openBolt(filepath.Join(dir, database))
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
	} {
		t.Run(name, func(t *testing.T) { conformCatalog(t, open) })
	}
}

func TestBlobs(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) Blobs{
		"files": func(t *testing.T) Blobs {
			f, err := openFiles(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			return f
		},
	} {
		t.Run(name, func(t *testing.T) { conformBlobs(t, open(t)) })
	}
}

func conformCatalog(t *testing.T, open func(t *testing.T, dir string) Catalog) {
	dir := t.TempDir()
	c := open(t, dir)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	load := func() map[int64]Entry {
		t.Helper()
		entries, damage, err := c.Load()
		if err != nil || len(damage) > 0 {
			t.Fatal(damage, err)
		}
		found := map[int64]Entry{}
		for _, e := range entries {
			found[e.ID] = e
		}
		return found
	}
	if got := load(); len(got) != 0 {
		t.Errorf("a new one has %v", got)
	}
	if last, err := c.Given(); last != 0 || err != nil {
		t.Errorf("a new one has given out %d, %v", last, err)
	}
	before, err := c.Reserve(10)
	if err != nil {
		t.Fatal(err)
	}
	if now, err := c.Reserve(0); now != before+10 || err != nil {
		t.Errorf("%d ids are given out, %v", now, err)
	}
	if last, err := c.Given(); last != before+10 || err != nil {
		t.Errorf("%d is the last id that is given out, %v", last, err)
	}
	var writers sync.WaitGroup
	for i := range int64(10) {
		writers.Go(func() {
			id := before + 1 + i
			e := Entry{Name: name(string(rune('a' + i))), ID: id, Size: 3, Created: at, Accessed: at, content: []extent{{2, 1}, {0, 2}}}
			if err := c.Save(e); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	first, last := before+1, before+10
	used := load()[last]
	used.Accessed = at.Add(time.Hour)
	gone := load()[first]
	if err := errors.Join(c.Forget(first, before+2), c.Forget(first), c.Touch([]Entry{used, gone}), c.Mend(), c.Close()); err != nil {
		t.Fatal(err)
	}

	c = open(t, dir)
	defer c.Close()
	got := load()
	if len(got) != 8 || got[first].ID != 0 {
		t.Errorf("%d entries: %v", len(got), got)
	}
	if e := got[last]; e.Name != used.Name || !e.Accessed.Equal(used.Accessed) || !e.Created.Equal(at) || !slices.Equal(e.content, used.content) {
		t.Errorf("got %+v, want %+v", e, used)
	}
	if again, err := c.Reserve(1); again < before+10 || err != nil {
		t.Errorf("ids after %d are given out again, %v", again, err)
	}
}

func conformBlobs(t *testing.T, b Blobs) {
	write := func(id, off int64, content string) {
		t.Helper()
		w, err := b.Writer(id)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.WriteAt([]byte(content), off)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	missing := func(id int64) {
		t.Helper()
		if _, err := b.Open(id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opening %d: %v", id, err)
		}
		if _, err := b.Size(id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("size of %d: %v", id, err)
		}
	}
	var writers sync.WaitGroup
	for _, piece := range []struct {
		off     int64
		content string
	}{{4, "5678"}, {0, "1234"}, {8, "rest"}} {
		writers.Go(func() { write(7, piece.off, piece.content) })
	}
	writers.Wait()
	missing(7) // it is not finished
	if err := errors.Join(b.Publish(7, 8), b.Publish(8, 0)); err != nil {
		t.Fatal(err)
	}
	if size, err := b.Size(7); size != 8 || err != nil {
		t.Errorf("size %d, %v", size, err)
	}
	r, err := b.Open(7)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if ids, strange, err := b.List(); !slices.Equal(slices.Sorted(slices.Values(ids)), []int64{7, 8}) || len(strange) > 0 || err != nil {
		t.Errorf("listed %v, %v, %v", ids, strange, err)
	}
	write(9, 0, "unfinished")
	if err := errors.Join(b.Remove(7), b.Remove(9), b.Remove(9), b.Remove(1000)); err != nil {
		t.Fatal(err)
	}
	missing(7)
	missing(9)
	var content strings.Builder
	if _, err := io.Copy(&content, r); err != nil || content.String() != "12345678" {
		t.Errorf("read after it was removed: %q, %v", &content, err)
	}
}
