package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// damage takes the warnings of a store, of which others are not expected.
type damage struct {
	mu   sync.Mutex
	seen []string
}

func (d *damage) warn(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, err.Error())
}

func (d *damage) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.seen, "\n")
}

func openDamaged(t testing.TB, dir string, c *clock) (*Store, *damage) {
	t.Helper()
	d := &damage{}
	s, err := Open(dir, Options{Limits: Limits{Size: 1 << 20, Age: 7 * 24 * time.Hour}, Idle: time.Hour, Now: c.Now, Warn: d.warn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, d
}

func open(t testing.TB, dir string, c *clock) *Store {
	t.Helper()
	return openLimited(t, dir, c, 1000)
}

func openLimited(t testing.TB, dir string, c *clock, size int64) *Store {
	t.Helper()
	s, err := Open(dir, Options{
		Limits: Limits{Size: size, Age: 7 * 24 * time.Hour}, Idle: time.Hour, Now: c.Now,
		Warn: func(err error) {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("warning: %v", err)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func name(key string) Name { return Name{Ref: "refs/heads/main", Version: "v", Key: key} }

func (s *Store) mustReserve(t testing.TB, key string) int64 {
	t.Helper()
	id, err := s.Reserve(name(key), "token")
	if err != nil {
		t.Fatalf("reserving %s: %v", key, err)
	}
	return id
}

// mustPut finishes an entry.
func (s *Store) mustPut(t testing.TB, key, content string) int64 {
	t.Helper()
	id := s.mustReserve(t, key)
	if err := s.WriteChunk(id, 0, int64(len(content)), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(id, int64(len(content))); err != nil {
		t.Fatal(err)
	}
	return id
}

func (s *Store) content(t testing.TB, id int64) string {
	t.Helper()
	_, file, err := s.Open(id)
	if err != nil {
		t.Fatalf("opening %d: %v", id, err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (s *Store) folder() *files     { return s.blobs.(*files) }
func (s *Store) bolt() *boltCatalog { return s.catalog.(*boltCatalog) }

func keys(entries []Entry) (keys []string) {
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	return keys
}

func wantKeys(t testing.TB, s *Store, want ...string) {
	t.Helper()
	got := keys(s.List(Query{Order: ByCreated, Ascending: true}))
	if !slices.Equal(got, want) {
		t.Errorf("entries %q, want %q", got, want)
	}
}

func TestEntriesSurviveARestart(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	id := s.mustPut(t, "key", "content")
	c.advance(time.Minute)
	if _, err := s.Find([]string{"refs/heads/main"}, "v", []string{"k"}); err != nil {
		t.Fatal(err)
	}
	want := s.List(Query{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, c)
	got := s.List(Query{})
	if len(got) != 1 || got[0].Name != want[0].Name || got[0].ID != id || !got[0].Accessed.Equal(c.Now()) ||
		!got[0].Created.Equal(want[0].Created) || got[0].Size != 7 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if content := s.content(t, id); content != "content" {
		t.Errorf("content %q", content)
	}
}

func TestStartForgetsWhatIsNotWhole(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	whole, short, gone := s.mustPut(t, "whole", "1"), s.mustPut(t, "short", "22"), s.mustPut(t, "gone", "333")
	unfinished := s.mustReserve(t, "unfinished")
	if err := s.WriteChunk(unfinished, 0, 3, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	s.background.Wait()
	orphan := s.mustReserve(t, "orphan")
	if err := s.bolt().db.Close(); err != nil { // as a kill does
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Truncate(s.folder().blob(short), 1), os.Remove(s.folder().blob(gone)), os.WriteFile(s.folder().blob(orphan), []byte("orphan"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s, found := openDamaged(t, dir, c)
	wantKeys(t, s, "whole")
	for _, want := range []string{`("short" on "refs/heads/main") is damaged: its content has 1 of 2 bytes`, `("gone" on "refs/heads/main") is damaged: its content is missing`, "content of 1 entry"} {
		if strings.Count(found.String(), want) != 1 {
			t.Errorf("%q is not reported once in\n%s", want, found)
		}
	}
	for folder, want := range map[string][]string{"uploads": nil, "blobs": {filepath.Base(s.folder().blob(whole))}} {
		if got := names(t, s.folder().sub(folder)); !slices.Equal(got, want) {
			t.Errorf("%s holds %q, want %q", folder, got, want)
		}
	}
	if again := s.mustReserve(t, "unfinished"); again <= unfinished {
		t.Errorf("id %d after %d", again, unfinished)
	}
}

func names(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFolderServesOneProcess(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	open(t, dir, c)
	_, err := Open(dir, Options{Now: c.Now, Warn: func(error) {}})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second open: %v", err)
	}
}

func TestUnusedEntriesAreEvicted(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	id := s.mustPut(t, "unused", "1")
	s.mustPut(t, "used", "2")
	c.advance(6 * 24 * time.Hour)
	if _, err := s.Find([]string{"refs/heads/main"}, "v", []string{"used"}); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, s, "unused", "used")
	c.advance(24*time.Hour + 1)
	wantKeys(t, s, "unused", "used") // the clock may have been set
	c.advance(time.Hour)
	wantKeys(t, s, "used")
	if _, _, err := s.Open(id); !errors.Is(err, ErrNotFound) {
		t.Errorf("opening the evicted entry: %v", err)
	}
	s.background.Wait()
	if got := names(t, s.folder().sub("blobs")); len(got) != 1 {
		t.Errorf("blobs %q", got)
	}
}

func TestLeastRecentlyUsedEntriesAreEvicted(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	for _, key := range []string{"a", "b", "c"} {
		s.mustPut(t, key, strings.Repeat("x", 300))
		c.advance(time.Second)
	}
	if _, err := s.Find([]string{"refs/heads/main"}, "v", []string{"a"}); err != nil {
		t.Fatal(err)
	}
	s.mustPut(t, "d", strings.Repeat("x", 400))
	wantKeys(t, s, "a", "c", "d")
	s.SetLimits(func(l *Limits) { l.Size = 400 })
	wantKeys(t, s, "d")
}

// Whoever looks something up does not wait for the disk to take what was evicted or used meanwhile.
func TestLookupsDoNotWaitForHousekeeping(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	s.mustPut(t, "unused", "1")
	s.mustPut(t, "used", "2")
	find := func() error {
		_, err := s.Find([]string{"refs/heads/main"}, "v", []string{"used"})
		return err
	}
	c.advance(4 * 24 * time.Hour)
	if err := find(); err != nil {
		t.Fatal(err)
	}
	s.background.Wait()
	c.advance(4 * 24 * time.Hour)
	if err := find(); err != nil { // the clock may have been set
		t.Fatal(err)
	}
	s.background.Wait()
	c.advance(time.Hour)
	slow, err := s.bolt().db.Begin(true) // every change waits for this one
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- find() }()
	select {
	case err = <-done:
	case <-time.After(5 * time.Second):
		t.Error("the lookup waits")
	}
	if err := errors.Join(err, slow.Rollback()); err != nil {
		t.Fatal(err)
	}
	s.background.Wait()
	if got := names(t, s.folder().sub("blobs")); len(got) != 1 {
		t.Errorf("blobs %q", got)
	}
}

func TestNoChangeOfLimitsIsLost(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	want := s.Limits()
	var clients sync.WaitGroup
	for range 1000 {
		clients.Go(func() { s.SetLimits(func(l *Limits) { l.Size++ }) })
		clients.Go(func() { s.SetLimits(func(l *Limits) { l.Age++ }) })
	}
	clients.Wait()
	want.Size, want.Age = want.Size+1000, want.Age+1000
	if got := s.Limits(); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestReservationsExpire(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	stale := s.mustReserve(t, "key")
	c.advance(50 * time.Minute)
	if err := s.WriteChunk(stale, 0, 1, strings.NewReader("1")); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Hour) // counts from the last bytes
	if _, err := s.Reserve(name("key"), "token"); !errors.Is(err, ErrExists) {
		t.Errorf("before expiry: %v", err)
	}
	c.advance(1)
	s.mustReserve(t, "key")
	if err := s.Finish(stale, 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("finishing the expired upload: %v", err)
	}
	s.background.Wait()
	if got := names(t, s.folder().sub("uploads")); len(got) != 0 {
		t.Errorf("uploads %q", got)
	}
}

func TestUploadsHoldNoFilesOpen(t *testing.T) {
	const descriptors = "/proc/self/fd"
	if _, err := os.Stat(descriptors); err != nil {
		t.Skip("open files are not listed here")
	}
	s := open(t, t.TempDir(), newClock())
	before := len(names(t, descriptors))
	for i := range 100 {
		id := s.mustReserve(t, fmt.Sprint(i))
		if err := s.WriteChunk(id, 0, 1, strings.NewReader("1")); err != nil {
			t.Fatal(err)
		}
	}
	if after := len(names(t, descriptors)); after > before+10 { // other tests open some
		t.Errorf("%d files are open, %d were", after, before)
	}
}

func TestOneOfManyWritersWins(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	var reserved, finished atomic.Int64
	var clients sync.WaitGroup
	for i := range 32 {
		clients.Go(func() {
			id, err := s.Reserve(name("key"), "token")
			if err != nil {
				if !errors.Is(err, ErrExists) {
					t.Error(err)
				}
				return
			}
			reserved.Add(1)
			content := fmt.Sprint("writer ", i)
			if err := s.WriteChunk(id, 0, int64(len(content)), strings.NewReader(content)); err != nil {
				t.Error(err)
			}
			for range 4 { // finishing concurrently with itself
				clients.Go(func() {
					if s.Finish(id, int64(len(content))) == nil {
						finished.Add(1)
					}
				})
			}
		})
	}
	clients.Wait()
	if reserved.Load() != 1 || finished.Load() != 1 {
		t.Errorf("%d reserved and %d finished", reserved.Load(), finished.Load())
	}
	wantKeys(t, s, "key")
}

func TestFinishNeedsEveryByte(t *testing.T) {
	type chunk struct {
		off  int64
		data string
	}
	tests := map[string]struct {
		chunks []chunk
		size   int64
		want   string
		err    error
	}{
		"nothing":                  {nil, 0, "", nil},
		"one chunk":                {[]chunk{{0, "abc"}}, 3, "abc", nil},
		"out of order":             {[]chunk{{2, "c"}, {0, "ab"}}, 3, "abc", nil},
		"overlapping":              {[]chunk{{0, "abX"}, {2, "cd"}}, 4, "abcd", nil},
		"the same again":           {[]chunk{{0, "XX"}, {0, "ab"}}, 2, "ab", nil},
		"a gap of the right size":  {[]chunk{{0, "a"}, {2, "bc"}}, 3, "", ErrSize},
		"a gap at the beginning":   {[]chunk{{1, "ab"}}, 2, "", ErrSize},
		"a gap within":             {[]chunk{{0, "a"}, {2, "c"}}, 3, "", ErrSize},
		"too few":                  {[]chunk{{0, "ab"}}, 3, "", ErrSize},
		"too many":                 {[]chunk{{0, "abc"}}, 2, "", ErrSize},
		"a negative size":          {nil, -1, "", ErrSize},
		"a chunk beyond the limit": {[]chunk{{1 << 62, ""}}, 0, "", nil}, // the chunk is refused
	}
	for n, tt := range tests {
		t.Run(n, func(t *testing.T) {
			s := open(t, t.TempDir(), newClock())
			id := s.mustReserve(t, "key")
			for _, c := range tt.chunks {
				err := s.WriteChunk(id, c.off, int64(len(c.data)), strings.NewReader(c.data))
				if err != nil && !(c.off > 1000 && errors.Is(err, ErrTooLarge)) {
					t.Fatal(err)
				}
			}
			if err := s.Finish(id, tt.size); !errors.Is(err, tt.err) {
				t.Fatalf("Finish = %v, want %v", err, tt.err)
			}
			if tt.err == nil && s.content(t, id) != tt.want {
				t.Errorf("content %q, want %q", s.content(t, id), tt.want)
			}
			if tt.err != nil && len(s.List(Query{})) != 0 {
				t.Error("the unfinished entry shows")
			}
		})
	}
}

func TestInterruptedChunkDoesNotCount(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	id := s.mustReserve(t, "key")
	if err := s.WriteChunk(id, 0, 4, strings.NewReader("good")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("connection lost")
	if err := s.WriteChunk(id, 0, 4, io.MultiReader(strings.NewReader("ba"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if err := s.Finish(id, 4); !errors.Is(err, ErrSize) {
		t.Errorf("finishing a mixture: %v", err)
	}
	if err := s.WriteChunk(id, 0, 4, strings.NewReader("fine")); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(id, 4); err != nil || s.content(t, id) != "fine" {
		t.Errorf("%q, %v", s.content(t, id), err)
	}
}

func TestBodyMustHaveTheSizeAnnounced(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	id := s.mustReserve(t, "key")
	for _, body := range []string{"", "ab", "abcd"} {
		if err := s.WriteChunk(id, 0, 3, strings.NewReader(body)); !errors.Is(err, ErrSize) {
			t.Errorf("chunk %q: %v", body, err)
		}
		if err := s.WriteBlock(id, "b", 3, strings.NewReader(body)); !errors.Is(err, ErrSize) {
			t.Errorf("block %q: %v", body, err)
		}
	}
	if err := s.Assemble(id, []string{"b"}); !errors.Is(err, ErrUnknownBlock) {
		t.Errorf("a block that failed counts: %v", err)
	}
}

func TestBlocksAreAssembled(t *testing.T) {
	tests := map[string]struct {
		lists [][]string // each after writing the blocks a, b and c, whose second writing is in capitals
		want  string
		err   error
	}{
		"in order":         {[][]string{{"a", "b", "c"}}, "aabbcc", nil},
		"in another order": {[][]string{{"c", "a", "b"}}, "ccaabb", nil},
		"twice the same":   {[][]string{{"a", "a"}}, "aaaa", nil},
		"some":             {[][]string{{"b"}}, "bb", nil},
		"none":             {[][]string{{}}, "", nil},
		"unknown":          {[][]string{{"a", "x"}}, "", ErrUnknownBlock},
		"the latest":       {[][]string{{"a", "b"}, {"a", "b"}}, "AABB", nil},
	}
	for n, tt := range tests {
		t.Run(n, func(t *testing.T) {
			s := open(t, t.TempDir(), newClock())
			id := s.mustReserve(t, "key")
			var err error
			for i, list := range tt.lists {
				for _, block := range []string{"a", "b", "c"} {
					content := strings.Repeat(block, 2)
					if i > 0 {
						content = strings.ToUpper(content)
					}
					if err := s.WriteBlock(id, block, 2, strings.NewReader(content)); err != nil {
						t.Fatal(err)
					}
				}
				err = s.Assemble(id, list)
			}
			if !errors.Is(err, tt.err) {
				t.Fatalf("Assemble = %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				return
			}
			if err := s.Finish(id, int64(len(tt.want))); err != nil {
				t.Fatal(err)
			}
			_, file, err := s.Open(id)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if err := iotest.TestReader(file, []byte(tt.want)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBlocksInOrderLeaveOneRun(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	id := s.mustReserve(t, "key")
	var ids []string
	for i, block := range []string{"a", "b", "c"} {
		if i == 1 {
			if err := s.WriteBlock(id, block, 2, strings.NewReader("x")); err == nil {
				t.Fatal("a short block was taken")
			}
		}
		if err := s.WriteBlock(id, block, 2, strings.NewReader(block+block)); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, block)
	}
	// The list comes twice from a client that missed the reply.
	if err := errors.Join(s.Assemble(id, ids), s.Assemble(id, ids), s.Finish(id, 6)); err != nil {
		t.Fatal(err)
	}
	if e, _ := s.entries.get(id); len(e.content) != 1 {
		t.Errorf("content in %d runs", len(e.content))
	}
}

func TestUploadBeyondTheLimitIsRefused(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	id := s.mustReserve(t, "key")
	big := bytes.NewReader(make([]byte, 1001))
	if err := s.WriteBlock(id, "b", 1001, big); !errors.Is(err, ErrTooLarge) {
		t.Errorf("block: %v", err)
	}
	if err := s.WriteChunk(id, 0, 1001, big); !errors.Is(err, ErrTooLarge) {
		t.Errorf("chunk: %v", err)
	}
	if err := s.WriteChunk(id, 1000, 1, big); !errors.Is(err, ErrTooLarge) {
		t.Errorf("chunk at the end: %v", err)
	}
}

func TestDeletedEntryStaysReadableForItsReaders(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	id := s.mustPut(t, "key", "content")
	_, file, err := s.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := s.Delete(id); err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(file); err != nil || string(data) != "content" {
		t.Errorf("%q, %v", data, err)
	}
	if err := s.Delete(id); !errors.Is(err, ErrNotFound) {
		t.Errorf("second delete: %v", err)
	}
	if id2 := s.mustPut(t, "key", "other"); s.content(t, id2) != "other" {
		t.Error("the name is not free again")
	}
}

func TestListingIsOrdered(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	s.mustPut(t, "b", "22")
	s.mustPut(t, "a", "1") // created at the same time: the id decides
	c.advance(time.Second)
	s.mustPut(t, "ab", "22")
	if _, err := s.Find([]string{"refs/heads/main"}, "v", []string{"b"}); err != nil {
		t.Fatal(err)
	}
	for n, tt := range map[string]struct {
		query Query
		want  []string
	}{
		"the last used first": {Query{}, []string{"ab", "b", "a"}},
		"oldest first":        {Query{Order: ByCreated, Ascending: true}, []string{"b", "a", "ab"}},
		"newest first":        {Query{Order: ByCreated}, []string{"ab", "a", "b"}},
		"largest first":       {Query{Order: BySize}, []string{"ab", "b", "a"}},
		"smallest first":      {Query{Order: BySize, Ascending: true}, []string{"a", "b", "ab"}},
		"by prefix":           {Query{Prefix: "a", Order: ByCreated}, []string{"ab", "a"}},
		"by key":              {Query{Key: "a"}, []string{"a"}},
		"by ref":              {Query{Ref: "refs/heads/other"}, nil},
	} {
		if got := keys(s.List(tt.query)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", n, got, tt.want)
		}
	}
}
