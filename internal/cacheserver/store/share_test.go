package store

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

func on(ref, key string) Name { return Name{Ref: ref, Version: "v", Key: key} }

func (s *Store) putOn(t testing.TB, ref, key string, size int) {
	t.Helper()
	id, err := s.Reserve(on(ref, key), ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.WriteChunk(id, 0, int64(size), strings.NewReader(strings.Repeat("x", size))), s.Finish(id, int64(size))); err != nil {
		t.Fatal(err)
	}
}

func TestReservationsAreShared(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	reserve := func(ref, token string) (taken int) {
		for i := range maxUploads {
			_, err := s.Reserve(on(ref, fmt.Sprint(token, i)), token)
			if errors.Is(err, ErrTooMany) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			taken++
		}
		return taken
	}
	if got := reserve("pull", "first"); got != maxUploads/tokenShare {
		t.Errorf("a token took %d", got)
	}
	if got := reserve("pull", "second") + reserve("pull", "third"); got != maxUploads/refShare-maxUploads/tokenShare {
		t.Errorf("its ref took %d more", got)
	}
	for _, ref := range []string{"a", "b", "c", "d"} {
		reserve(ref, ref+"1")
		reserve(ref, ref+"2")
		reserve(ref, ref+"3")
	}
	if got := s.Stats().Uploads; got != maxUploads {
		t.Errorf("%d in all", got)
	}
	// One that has none takes the place of one that has many.
	id, err := s.Reserve(on("main", "late"), "late")
	if err != nil || s.Stats().Uploads != maxUploads {
		t.Fatalf("the main branch: %v, %+v", err, s.Stats())
	}
	if err := s.Finish(id, 0); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats().Uploads; got != maxUploads-1 {
		t.Errorf("%d after one has finished", got)
	}
}

// Whatever a pull request does, half of the cache remains the main branch's.
func TestRefTakesNoMoreThanHalfFromOthers(t *testing.T) {
	s := open(t, t.TempDir(), newClock()) // 1,000 bytes
	for i := range 9 {
		s.putOn(t, "main", fmt.Sprint("main", i), 100)
	}
	for i := range 50 {
		s.putOn(t, "pull", fmt.Sprint("pull", i), 60)
	}
	if got := s.entries.held("main").bytes; got != 500 {
		t.Errorf("main holds %d bytes", got)
	}
	wantKeys(t, s, "main4", "main5", "main6", "main7", "main8", "pull42", "pull43", "pull44", "pull45", "pull46", "pull47", "pull48", "pull49")
}

func TestUnfinishedBytesCount(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	for i := range 8 {
		s.putOn(t, "main", fmt.Sprint(i), 100)
	}
	var held int
	for i := range 20 {
		id, err := s.Reserve(on("pull", fmt.Sprint(i)), "pull")
		if err != nil {
			t.Fatal(err)
		}
		err = s.WriteBlock(id, "b", 90, strings.NewReader(strings.Repeat("x", 90)))
		if err == nil {
			held += 90
		} else if !errors.Is(err, ErrNoRoom) {
			t.Fatal(err)
		}
	}
	if got := s.Stats(); held != 450 || got.Pending != 450 || got.Bytes != 500 {
		t.Errorf("%d bytes taken, %+v", held, got)
	}
}

// Many refs that leave uploads unfinished do not take the room of one that finishes its own.
func TestUnfinishedBytesOfManyRefsGiveWay(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	for i := range 10 {
		for j := range 3 {
			id, err := s.Reserve(on(fmt.Sprint("pull", i), fmt.Sprint(j)), "pull")
			if err != nil {
				t.Fatal(err)
			}
			if err := s.WriteBlock(id, "b", 33, strings.NewReader(strings.Repeat("x", 33))); err != nil && !errors.Is(err, ErrNoRoom) {
				t.Fatal(err)
			}
		}
	}
	c.advance(leftAfter)
	s.putOn(t, "main", "key", 50)
	wantKeys(t, s, "key")
}

// leave reserves a name and leaves a block of the content.
func (s *Store) leave(t testing.TB, ref, key string, size int64) error {
	t.Helper()
	id, err := s.Reserve(on(ref, key), ref)
	if err != nil {
		t.Fatal(err)
	}
	return s.WriteBlock(id, "b", size, strings.NewReader(strings.Repeat("x", int(size))))
}

// All unfinished uploads together drive out no more than half of what is finished, however many refs they are of.
func TestUnfinishedUploadsOfAllRefsEvictNoMoreThanHalf(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	for i := range 9 {
		s.putOn(t, "main", fmt.Sprint(i), 100)
	}
	for i := range 20 {
		if err := s.leave(t, fmt.Sprint("pull", i), "k", 90); err != nil && !errors.Is(err, ErrNoRoom) {
			t.Fatal(err)
		}
	}
	if got := s.Stats(); got.Bytes != 500 || got.Pending != 450 {
		t.Errorf("%+v", got)
	}
}

// An upload of more than half of the limit is taken if its ref has the room, and nobody else's entries go for it.
func TestUploadOfMoreThanHalf(t *testing.T) {
	for name, tt := range map[string]struct {
		own, others int
		want        error
		kept        []string
	}{
		"in an empty cache":             {0, 0, nil, []string{"big"}},
		"instead of entries of its own": {9, 0, nil, []string{"main5", "main6", "main7", "main8", "big"}},
		"beside entries of others":      {4, 4, nil, []string{"pull0", "pull1", "pull2", "pull3", "big"}},
		"where others need the rest":    {0, 5, ErrNoRoom, []string{"pull0", "pull1", "pull2", "pull3", "pull4"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir(), newClock())
			for i := range tt.others {
				s.putOn(t, "pull", fmt.Sprint("pull", i), 100)
			}
			for i := range tt.own {
				s.putOn(t, "main", fmt.Sprint("main", i), 100)
			}
			id, err := s.Reserve(on("main", "big"), "main")
			for off := int64(0); err == nil && off < 600; off += 100 {
				err = s.WriteChunk(id, off, 100, strings.NewReader(strings.Repeat("x", 100)))
			}
			if err == nil {
				err = s.Finish(id, 600)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			wantKeys(t, s, tt.kept...)
		})
	}
}

// Uploads that somebody left give way to those that a ref sends at the moment, even if these are more.
func TestLeftUploadsGiveWayToThoseUnderWay(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	for i := range 5 {
		s.putOn(t, "main", fmt.Sprint(i), 100)
	}
	for i := range 10 {
		if err := s.leave(t, fmt.Sprint("pull", i), "k", 50); err != nil {
			t.Fatal(err)
		}
	}
	c.advance(leftAfter)
	var sending sync.WaitGroup
	var rest []io.WriteCloser
	for i := range 8 {
		id, err := s.Reserve(on("main", fmt.Sprint("sent", i)), "main")
		if err != nil {
			t.Fatal(err)
		}
		body, client := io.Pipe()
		sending.Go(func() {
			defer body.Close()
			if err := errors.Join(s.WriteBlock(id, "b", 49, body), s.Assemble(id, []string{"b"}), s.Finish(id, 49)); err != nil {
				t.Error(err)
			}
		})
		if _, err := client.Write([]byte("x")); err != nil { // it is under way
			t.Error(err)
		}
		rest = append(rest, client)
	}
	if got := s.entries.held("main"); got.bytes != 500 || got.pending != 8*49 {
		t.Errorf("main holds %+v", got)
	}
	for _, client := range rest {
		_, _ = client.Write([]byte(strings.Repeat("x", 48)))
		_ = client.Close()
	}
	sending.Wait()
}

// A client takes a moment between the last block and the end of its upload. Nobody drops it then, though its ref holds most.
func TestUploadIsNotDroppedBetweenItsRequests(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	s.putOn(t, "main", "old", 500)
	if err := s.leave(t, "main", "key", 120); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := s.leave(t, fmt.Sprint("pull", i), "k", 38); err != nil && !errors.Is(err, ErrNoRoom) {
			t.Fatal(err)
		}
	}
	if _, err := s.Reserved(on("main", "key")); err != nil {
		t.Errorf("the upload of main: %v", err)
	}
}

func TestAssembledSizeIsHeldAgainstTheLimitBeforeAnythingGoes(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	s.putOn(t, "main", "kept", 300)
	id, err := s.Reserve(on("pull", "big"), "pull")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteBlock(id, "b", 100, strings.NewReader(strings.Repeat("x", 100))); err != nil {
		t.Fatal(err)
	}
	repeat := func(n int) []string { return strings.Fields(strings.Repeat("b ", n)) }
	if err := s.Assemble(id, repeat(11)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("beyond the limit: %v", err)
	}
	if err := s.Assemble(id, repeat(10)); !errors.Is(err, ErrNoRoom) {
		t.Errorf("beyond the half: %v", err)
	}
	wantKeys(t, s, "kept")
	if err := errors.Join(s.Assemble(id, repeat(2)), s.Finish(id, 200)); err != nil {
		t.Errorf("within the half: %v", err)
	}
	wantKeys(t, s, "kept", "big")
}

func TestUsageCountsWhatTheDiskHolds(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	id := s.mustReserve(t, "key")
	for _, err := range []error{
		s.WriteBlock(id, "a", 400, strings.NewReader(strings.Repeat("x", 400))), s.WriteBlock(id, "b", 1, strings.NewReader("b")),
		s.Assemble(id, []string{"b"}), s.Finish(id, 1),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, size := s.Usage(); size != 401 {
		t.Errorf("%d bytes", size)
	}
	if got := s.Stats(); got.Pending != 0 || got.Uploads != 0 || s.entries.all.pieces != 0 {
		t.Errorf("held after the end: %+v, %+v", got, s.entries.all)
	}
}

// Entries take memory, empty ones too. A ref that has more than half of them gives first.
func TestEntriesAreBounded(t *testing.T) {
	all := newTable()
	for i := range int64(maxEntries) + 1 {
		ref := "main"
		if i >= maxEntries/2 {
			ref = "pull"
		}
		all.add(&Entry{Name: Name{Ref: ref, Version: "v", Key: fmt.Sprintf("%06d", i)}, ID: i + 1})
	}
	evicted := all.evict("", 0, false, Limits{Size: 1})
	if len(evicted) != 1 || evicted[0].Key != fmt.Sprintf("%06d", maxEntries/2) {
		t.Errorf("evicted: %v", evicted)
	}
}

func TestPiecesAreBounded(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	id := s.mustReserve(t, "key")
	var err error
	for i := 0; err == nil; i++ {
		if i > maxPieces {
			t.Fatal("no limit")
		}
		err = s.WriteBlock(id, fmt.Sprint(i), 0, strings.NewReader(""))
	}
	if !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrNoRoom) {
		t.Error(err)
	}
}

// One ref has a quarter of them, in however many uploads.
func TestPiecesOfARefAreBounded(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	first, second := s.uploads[s.mustReserve(t, "first")], s.uploads[s.mustReserve(t, "second")]
	other, err := s.Reserve(Name{Ref: "other", Version: "v", Key: "key"}, "")
	if err := errors.Join(err, s.admit(first, 0, 60_000), s.admit(second, 0, 40_000)); err != nil {
		t.Fatal(err)
	}
	if err := s.admit(second, 0, 1); !errors.Is(err, ErrNoRoom) {
		t.Error(err)
	}
	if err := s.admit(s.uploads[other], 0, 40_000); err != nil {
		t.Errorf("another ref: %v", err)
	}
}

// Every chunk walks through the gaps that others left.
func TestGapsAreBounded(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	id := s.mustReserve(t, "key")
	u := s.uploads[id]
	for i := range int64(maxRuns) {
		u.chunks = append(u.chunks, extent{2 * i, 1})
	}
	if err := s.WriteChunk(id, 0, 1, strings.NewReader("x")); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}
