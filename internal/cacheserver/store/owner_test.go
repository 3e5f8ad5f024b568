package store

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// keyed is what package cacheserver writes.
const keyed = `{"secret":"c2VjcmV0","repository":"octo/app"}`

// plant makes files, and folders of names that end in a slash.
func plant(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		folder := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			folder = path
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if folder == path {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// plantBolt makes a database with what fill puts into it.
func plantBolt(t testing.TB, dir string, fill func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, "entries.db"), 0o600, &bolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(fill); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// everything is what a folder holds, with the time and the content of each file. It is empty for one that is missing.
func everything(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, file fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := file.Info()
		if err != nil {
			return err
		}
		var data []byte
		if info.Mode().IsRegular() {
			data, err = os.ReadFile(path)
		}
		all[path] = fmt.Sprintln(info.Mode(), info.ModTime(), string(data))
		return err
	})
	if err != nil && len(all) > 0 {
		t.Fatal(err)
	}
	return all
}

func openFor(dir string) error {
	s, err := Open(dir, Options{Limits: Limits{1 << 20, time.Hour}, Idle: time.Hour, Now: time.Now, Warn: func(error) {}})
	if err == nil {
		err = s.Close()
	}
	return err
}

func checkFor(dir string) error  { _, err := Check(dir); return err }
func repairFor(dir string) error { _, err := Repair(dir); return err }

// wantLeftAlone wants an operation to refuse a folder and to change nothing in it.
func wantLeftAlone(t *testing.T, dir, why string, operate func(dir string) error) {
	t.Helper()
	before := everything(t, dir)
	err := operate(dir)
	if err == nil || !strings.Contains(err.Error(), dir+" is not a folder of serve: "+why) {
		t.Errorf("got %v, want %q", err, why)
	}
	if after := everything(t, dir); !maps.Equal(before, after) {
		t.Errorf("before:\n%v\nafter:\n%v", before, after)
	}
}

// A program that deletes must know what is its own.
func TestFoldersOfOthersAreLeftAlone(t *testing.T) {
	never := func(*bolt.Tx) error { return nil }
	for name, c := range map[string]struct {
		files   map[string]string
		catalog func(tx *bolt.Tx) error
		why     string
	}{
		"a git checkout":                       {map[string]string{"README.md": "proj", ".git/HEAD": "ref", "src/": ""}, nil, "serve has not written .git"},
		"numbers beside other files":           {map[string]string{"README": "", "uploads/7": "mine", "blobs/123": "mine"}, nil, "serve has not written README"},
		"nothing but numbers":                  {map[string]string{"uploads/7": "mine", "blobs/123": "mine"}, nil, "blobs/123 is in it"},
		"numbers in one folder":                {map[string]string{"uploads/7": "mine"}, nil, "uploads/7 is in it"},
		"another service":                      {map[string]string{"service.json": `{"name":"web"}`, "blobs/1": "mine"}, nil, "serve has not written service.json"},
		"another kind of database":             {map[string]string{"entries.db": "SQLite format 3", "blobs/1": "mine"}, nil, "blobs/1 is in it"},
		"another kind of database beside more": {map[string]string{"entries.db": "SQLite format 3", "blobs/1": "", "uploads/2": "", "app": ""}, nil, "serve has not written app"},
		"nothing but another kind of database": {map[string]string{"entries.db": "SQLite format 3"}, nil, "its catalog cannot be read"},
		"another bbolt": {map[string]string{"blobs/1": "mine", "uploads/": ""}, func(tx *bolt.Tx) error {
			_, err := tx.CreateBucket([]byte("users"))
			return err
		}, "entries.db is another program's"},
		"another bbolt with a bucket like ours": {map[string]string{"app": ""}, func(tx *bolt.Tx) error {
			b, err := tx.CreateBucket([]byte("entries"))
			if err != nil {
				return err
			}
			if _, err := b.NextSequence(); err != nil {
				return err
			}
			return b.Put(rowKey(1), []byte(`{"title":"theirs"}`))
		}, "serve has not written app"},
		"what --check once left in a checkout": {map[string]string{"README": "", "blobs/": "", "uploads/7": "mine"}, never, "serve has not written README"},
		"what it left among numbers":           {map[string]string{"blobs/123": "mine", "uploads/": ""}, never, "blobs/123 is in it"},
		"a catalog without its bucket, a key":  {map[string]string{"service.json": keyed, "README": "", "uploads/7": "mine"}, never, "serve has not written README"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			plant(t, dir, c.files)
			if c.catalog != nil {
				plantBolt(t, dir, c.catalog)
			}
			for _, operate := range []func(string) error{checkFor, openFor, repairFor} {
				wantLeftAlone(t, dir, filepath.FromSlash(c.why), operate)
			}
		})
	}
}

// A new store may be where nothing is. There is nothing to check or to repair before that.
func TestFoldersWithNothingInThem(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		why   string
	}{
		"missing":             {nil, "it does not exist"},
		"empty":               {map[string]string{"./": ""}, "it is empty"},
		"a new disk":          {map[string]string{"lost+found/": ""}, "it is empty"},
		"folders only":        {map[string]string{"blobs/": "", "uploads/": ""}, "it is empty"},
		"killed at its first": {map[string]string{"entries.db": ""}, "it is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			plant(t, dir, c.files)
			wantLeftAlone(t, dir, c.why, checkFor)
			wantLeftAlone(t, dir, c.why, repairFor)
			if err := openFor(dir); err != nil {
				t.Error(err)
			}
			for _, operate := range []func(string) error{checkFor, repairFor, openFor} {
				if err := operate(dir); err != nil {
					t.Errorf("once it is a store: %v", err)
				}
			}
		})
	}
}

// A store may have lost its catalog or be damaged, and somebody may keep other files in its folder.
func TestFoldersOfServeAreKnown(t *testing.T) {
	empty := func(path string) error { return os.Truncate(path, 0) }
	zeros := func(path string) error { return os.WriteFile(path, make([]byte, 64<<10), 0o600) }
	for name, c := range map[string]struct {
		files map[string]string
		spoil func(database string) error
	}{
		"whole":                          {nil, nil},
		"whole, beside other files":      {map[string]string{"cache.env": "", "blobs/stray": ""}, nil},
		"the catalog is lost":            {map[string]string{"service.json": keyed}, os.Remove},
		"the catalog is empty":           {map[string]string{"service.json": keyed, "lost+found/": ""}, empty},
		"the catalog is zeros":           {map[string]string{"service.json": keyed, ".tmp-service.json12": ""}, zeros},
		"a relay's catalog is zeros":     {nil, zeros},
		"a relay's repair has not ended": {nil, func(path string) error { return os.Rename(path, path+".damaged") }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, newClock())
			s.mustPut(t, "key", "content")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			plant(t, dir, c.files)
			if c.spoil != nil {
				if err := c.spoil(filepath.Join(dir, "entries.db")); err != nil {
					t.Fatal(err)
				}
			}
			plant(t, dir, map[string]string{"uploads/7": "unfinished"})
			before := everything(t, dir)
			damage, err := Check(dir)
			if stays := name == "whole, beside other files"; err != nil || (len(damage) > 0) != (c.spoil != nil || stays) {
				t.Errorf("check: %v, %v", damage, err)
			}
			if after := everything(t, dir); !maps.Equal(before, after) {
				t.Errorf("the check has changed\n%v\nto\n%v", before, after)
			}
			err = openFor(dir)
			if (err != nil) != (c.spoil != nil) || err != nil && strings.Contains(err.Error(), "not a folder of serve") {
				t.Errorf("opening: %v", err)
			}
			_, uploadErr := os.Stat(filepath.Join(dir, "uploads", "7"))
			if (uploadErr == nil) != (err != nil) {
				t.Errorf("opened with %v, an unfinished upload with %v", err, uploadErr)
			}
			if _, err := Repair(dir); err != nil {
				t.Errorf("repair: %v", err)
			}
			if err := openFor(dir); err != nil {
				t.Errorf("opening after the repair: %v", err)
			}
		})
	}
}

// Who has never kept anything may still keep other files beside the store.
func TestServiceThatHasKeptNothing(t *testing.T) {
	dir := t.TempDir()
	if err := openFor(dir); err != nil {
		t.Fatal(err)
	}
	plant(t, dir, map[string]string{"service.json": keyed, "cache.env": ""})
	if err := openFor(dir); err != nil {
		t.Error(err)
	}
}

func TestCheckOfAStoreWithoutItsBlobs(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, newClock())
	s.mustPut(t, "key", "content")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	damage, err := Check(dir)
	if err != nil || len(damage) != 1 || damage[0].Error() != filepath.Join(dir, "blobs")+" is missing" {
		t.Errorf("%v, %v", damage, err)
	}
}

func TestCheckOfAServedFolder(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, newClock())
	for _, operate := range []func(string) error{checkFor, repairFor} {
		if err := operate(dir); err == nil || !strings.Contains(err.Error(), ErrLocked.Error()) {
			t.Errorf("got %v", err)
		}
	}
}
