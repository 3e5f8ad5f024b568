package cacheserver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// pull is the scope of a pull request's token.
func pull(n int) []RefAccess {
	return []RefAccess{{Ref: fmt.Sprintf("refs/pull/%d/merge", n), Write: true}, {Ref: mainRef}}
}

// hold fills main with entries.
func (s service) hold(t testing.TB, n, size int) {
	t.Helper()
	for i := range n {
		s.save(t, mainRef, fmt.Sprint("main", i), strings.Repeat("x", size))
	}
}

func (s service) onMain() int {
	return len(s.entries.List(store.Query{Ref: mainRef}))
}

// upURL reserves a name and returns where its content goes.
func (s service) upURL(t testing.TB, token, key string) string {
	t.Helper()
	status, got := s.twirp(t, "CreateCacheEntry", token, fmt.Sprintf(`{"key":%q,"version":"v"}`, key))
	url, _ := got["signed_upload_url"].(string)
	if status != 200 || url == "" {
		t.Fatalf("reserving: %d %v", status, got)
	}
	return url
}

// A block of 300 kB that a list names 50,000 times makes 15 GB, for which nobody's entries are evicted.
func TestRepeatedBlockEvictsNothing(t *testing.T) {
	s := serve(t, Options{})
	s.hold(t, 3, 1000)
	token := s.token(t, pull(7)...)
	up := s.upURL(t, token, "huge")
	if got := s.do(t, "PUT", up+"&comp=block&blockid=YQ==", "", strings.Repeat("x", 300_000)); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	list := "<BlockList>" + strings.Repeat("<Latest>YQ==</Latest>", 50_000) + "</BlockList>"
	if got := s.do(t, "PUT", up+"&comp=blocklist", "", list); got.status != 413 || !strings.Contains(got.body, "larger than the limit") {
		t.Errorf("the list: %d %s", got.status, got.body)
	}
	if _, got := s.twirp(t, "FinalizeCacheEntryUpload", token, `{"key":"huge","version":"v","size_bytes":"15000000000"}`); got["ok"] == true {
		t.Errorf("finished: %v", got)
	}
	if n := s.onMain(); n != 3 {
		t.Errorf("%d of 3 entries of main are left", n)
	}
}

func TestPullRequestCannotTakeTheHalfOfMain(t *testing.T) {
	s := serve(t, Options{MaxSize: 1 << 20})
	s.hold(t, 8, 1<<17-1<<10)
	c := s.cache(t, true, pull(7)...)
	for i := range 20 {
		if err := c.Save(t.Context(), fmt.Sprint(i), blobOf(100_000)); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.onMain(); n < 4 {
		t.Errorf("%d entries of main are left", n)
	}
}

func TestUnfinishedUploadsAreWithinTheLimit(t *testing.T) {
	s := serve(t, Options{MaxSize: 1 << 20})
	s.hold(t, 6, 100_000)
	token := s.token(t, pull(7)...)
	refused := 0
	for i := range 20 {
		got := s.do(t, "PUT", s.upURL(t, token, fmt.Sprint(i))+"&comp=block&blockid=YQ==", "", strings.Repeat("x", 100_000))
		switch {
		case got.status == 413 && strings.Contains(got.body, "no room"):
			refused++
		case got.status != 201:
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	stats := s.entries.Stats()
	if stats.Bytes+stats.Pending > 1<<20 || stats.Pending > 1<<19 || refused != 15 {
		t.Errorf("%+v, %d refused", stats, refused)
	}
	if n := s.onMain(); n < 5 {
		t.Errorf("%d entries of main are left", n)
	}
}

// However many pull requests leave uploads, main keeps half of the cache, and can save.
func TestUnfinishedUploadsOfManyPullRequestsLeaveMainItsHalf(t *testing.T) {
	c := &clock{now: time.Now()}
	s := serve(t, Options{MaxSize: 1 << 20, Now: c.Now})
	s.hold(t, 10, 100_000)
	for n := range 30 {
		token := s.token(t, pull(n)...)
		for i := range 3 {
			got := s.do(t, "PUT", s.upURL(t, token, fmt.Sprint(i))+"&comp=block&blockid=YQ==", "", strings.Repeat("x", 50_000))
			if got.status != 201 && got.status != 413 {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
	}
	c.advance(time.Minute)
	left := s.onMain()
	if left < 5 {
		t.Errorf("%d entries of main are left", left)
	}
	if err := s.cache(t, true).Save(t.Context(), "new", blobOf(49_000)); err != nil || s.onMain() != left+1 {
		t.Errorf("%v, %d entries of main, which were %d", err, s.onMain(), left)
	}
}

// A list that takes two blocks in turns makes content of many pieces, whose places are kept in memory. They count.
func TestScatteredBlockListsAreWithinTheLimit(t *testing.T) {
	s := serve(t, Options{MaxSize: 64 << 20})
	s.hold(t, 3, 1000)
	token, taken := s.token(t, pull(7)...), 0
	list := "<BlockList>" + strings.Repeat("<Latest>YQ==</Latest><Latest>Yg==</Latest>", 10_000) + "</BlockList>"
	for i := range 10 {
		up := s.upURL(t, token, fmt.Sprint(i))
		for _, block := range []string{"YQ==", "Yg=="} {
			if got := s.do(t, "PUT", up+"&comp=block&blockid="+block, "", "x"); got.status != 201 {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
		got := s.do(t, "PUT", up+"&comp=blocklist", "", list)
		switch {
		case got.status == 201:
			taken++
		case got.status != 413 || !strings.Contains(got.body, "no room"):
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if n := s.onMain(); taken != 6 || n != 3 {
		t.Errorf("%d lists are taken, %d of 3 entries of main are left", taken, n)
	}
}

func TestReservationsOfAPullRequestDoNotBlockMain(t *testing.T) {
	s := serve(t, Options{})
	status, taken := 200, -1
	for token := s.token(t, pull(7)...); status == 200 && taken < 2000; taken++ {
		status, _ = s.twirp(t, "CreateCacheEntry", token, fmt.Sprintf(`{"key":"k%d","version":"v"}`, taken))
	}
	if status != 429 || taken != 1000 {
		t.Errorf("reserving without end: %d after %d", status, taken)
	}
	s.upURL(t, s.token(t), "main's")
}

func TestNamesAreBounded(t *testing.T) {
	s := serve(t, Options{})
	token, long := s.token(t), strings.Repeat("v", maxVersion+1)
	many := make([]string, 40_000)
	for i := range many {
		many[i] = fmt.Sprintf("k%d", i)
	}
	for name, got := range map[string]reply{
		"a long version":           s.do(t, "POST", twirpPath+"CreateCacheEntry", token, fmt.Sprintf(`{"key":"k","version":%q}`, long), "Content-Type", "application/json"),
		"a long version, v1":       s.do(t, "POST", v1Path+"caches", token, fmt.Sprintf(`{"key":"k","version":%q}`, long)),
		"a huge version":           s.do(t, "POST", twirpPath+"CreateCacheEntry", token, fmt.Sprintf(`{"key":"k","version":%q}`, strings.Repeat("v", 950_000)), "Content-Type", "application/json"),
		"a large request":          s.do(t, "POST", twirpPath+"CreateCacheEntry", token, fmt.Sprintf(`{"key":"k","version":"v","unknown":%q}`, strings.Repeat("v", 150_000)), "Content-Type", "application/json"),
		"a large request, v1":      s.do(t, "POST", v1Path+"caches", token, fmt.Sprintf(`{"key":"k1","version":"v","unknown":%q}`, strings.Repeat("v", 150_000))),
		"many restore keys":        s.do(t, "POST", twirpPath+"GetCacheEntryDownloadURL", token, `{"key":"k","version":"v","restore_keys":["`+strings.Join(many[:5000], `","`)+`"]}`, "Content-Type", "application/json"),
		"very many restore keys":   s.do(t, "POST", twirpPath+"GetCacheEntryDownloadURL", token, `{"key":"k","version":"v","restore_keys":["`+strings.Join(many, `","`)+`"]}`, "Content-Type", "application/json"),
		"very many restore keys 1": s.do(t, "GET", v1Path+"cache?version=v&keys="+strings.Join(many, ","), token, ""),
	} {
		if got.status != 400 && got.status != 413 {
			t.Errorf("%s: %d %.200s", name, got.status, got.body)
		}
	}
	s.upURL(t, token, strings.Repeat("é", maxKeyLen)) // what GitHub accepts
	start := time.Now()
	if _, err := checkKeys(many); err == nil || time.Since(start) > time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// What is read of a block list is bounded by its elements, too.
func TestBlockListStopsEarly(t *testing.T) {
	body := strings.NewReader("<BlockList>" + strings.Repeat("<Latest>YQ==</Latest>", maxBlockList+1) + strings.Repeat("<a/>", 1<<20))
	if _, err := parseBlockList(body); err == nil || body.Len() < 4<<20-8192 {
		t.Errorf("%v with %d bytes left", err, body.Len())
	}
}

// A parser keeps a comment in memory, however long it is.
func TestBlockListIsBounded(t *testing.T) {
	s := serve(t, Options{})
	up := s.upURL(t, s.token(t), "key")
	if got := s.do(t, "PUT", up+"&comp=block&blockid=YQ==", "", "x"); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for size, want := range map[int]int{1000: 201, maxListBytes: 400} {
		list := "<BlockList><!--" + strings.Repeat("x", size) + "--><Latest>YQ==</Latest></BlockList>"
		if got := s.do(t, "PUT", up+"&comp=blocklist", "", list); got.status != want {
			t.Errorf("%d bytes: %d %s", size, got.status, got.body)
		}
	}
}
