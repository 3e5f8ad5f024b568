package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills a small file system of its own until every kind of write has failed, and starts again in between.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir, c := t.TempDir(), newClock()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := openLimited(t, dir, c, 1<<30)

	finished := map[int64]string{}
	failures := map[string]int{}
	for i := range 1000 {
		// First content fills the disk, then the metadata of empty entries do.
		content := strings.Repeat(fmt.Sprintf("%03d.", i), i*37%5000)
		if i > 400 {
			content = ""
		}
		id, stage, err := s.try(name(fmt.Sprint(i)), content)
		if err == nil {
			finished[id] = content
		} else if failures[stage]++; !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%s: %v", stage, err)
		}
		if i%100 == 99 {
			s.Close() // may fail to save times of use
			s = openLimited(t, dir, c, 1<<30)
		}
	}
	t.Logf("%d finished, failures: %v", len(finished), failures)
	if len(finished) == 0 || failures["writing"] == 0 || failures["finishing"] == 0 {
		t.Error("the disk was not filled")
	}
	s.verify(t, finished)

	for id := range finished { // a full disk can be emptied
		if err := s.Delete(id); err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		delete(finished, id)
		break
	}
	s.Close()
	s = openLimited(t, dir, c, 1<<30)
	s.verify(t, finished)
}

func (s *Store) try(n Name, content string) (id int64, stage string, err error) {
	if id, err = s.Reserve(n, "token"); err != nil {
		return 0, "reserving", err
	}
	if err = s.WriteBlock(id, "b", int64(len(content)), strings.NewReader(content)); err != nil {
		return 0, "writing", err
	}
	if err = s.Assemble(id, []string{"b"}); err != nil {
		return 0, "assembling", err
	}
	return id, "finishing", s.Finish(id, int64(len(content)))
}

// verify checks that exactly these entries are there, and whole.
func (s *Store) verify(t *testing.T, want map[int64]string) {
	t.Helper()
	if got := s.List(Query{}); len(got) != len(want) {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
	for id, content := range want {
		_, file, err := s.Open(id)
		if err != nil {
			t.Errorf("entry %d: %v", id, err)
			continue
		}
		got, err := io.ReadAll(file)
		if err != nil || string(got) != content {
			t.Errorf("entry %d: %d of %d bytes, %v", id, len(got), len(content), err)
		}
		file.Close()
	}
}
