package cacheserver

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
)

const v1Path = "/_apis/artifactcache/"

func (s service) reserveV1ID(t *testing.T, token, key string) string {
	t.Helper()
	got := s.do(t, "POST", v1Path+"caches", token, fmt.Sprintf(`{"key":%q,"version":"v"}`, key))
	var reserved struct{ CacheID int64 }
	if err := json.Unmarshal([]byte(got.body), &reserved); err != nil || got.status != 201 || reserved.CacheID == 0 {
		t.Fatalf("reserving: %d %s", got.status, got.body)
	}
	return fmt.Sprint(reserved.CacheID)
}

func TestChunksComeInAnyOrderAndConcurrently(t *testing.T) {
	s := serve(t, Options{})
	token := s.token(t)
	id := s.reserveV1ID(t, token, "key")
	want := string(randomBytes(100_000))
	const size = 9_999
	var offsets []int
	for off := 0; off < len(want); off += size {
		offsets = append(offsets, off)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(offsets), func(i, j int) { offsets[i], offsets[j] = offsets[j], offsets[i] })
	var clients sync.WaitGroup
	for _, off := range offsets {
		clients.Go(func() {
			end := min(off+size, len(want))
			got := s.do(t, "PATCH", v1Path+"caches/"+id, token, want[off:end], "Content-Range", fmt.Sprintf("bytes %d-%d/*", off, end-1))
			if got.status != 204 {
				t.Errorf("at %d: %d %s", off, got.status, got.body)
			}
		})
	}
	clients.Wait()
	if got := s.do(t, "POST", v1Path+"caches/"+id, token, fmt.Sprintf(`{"size":%d}`, len(want))); got.status != 204 {
		t.Fatalf("finishing: %d %s", got.status, got.body)
	}
	if got := s.do(t, "GET", v1Path+"cache?keys=key&version=other", token, ""); got.status != 204 {
		t.Errorf("another version: %d %s", got.status, got.body)
	}
	found := s.do(t, "GET", v1Path+"cache?keys=other,ke&version=v", token, "")
	var hit struct{ ArchiveLocation, CacheKey, Scope, CacheVersion string }
	if err := json.Unmarshal([]byte(found.body), &hit); err != nil || hit.CacheKey != "key" || hit.Scope != mainRef || hit.CacheVersion != "v" {
		t.Fatalf("%d %s", found.status, found.body)
	}
	if got := s.do(t, "GET", hit.ArchiveLocation, "", ""); got.body != want {
		t.Errorf("got %d bytes, want %d", len(got.body), len(want))
	}
	if got := s.do(t, "HEAD", hit.ArchiveLocation, "", ""); got.header.Get("Content-Length") != fmt.Sprint(len(want)) {
		t.Errorf("HEAD: %v", got.header)
	}
}

func TestV1Refusals(t *testing.T) {
	s := serve(t, Options{MaxSize: 1000})
	s.save(t, mainRef, "finished", "content")
	token := s.token(t)
	id := s.reserveV1ID(t, token, "reserved")
	readOnly, other := s.token(t, RefAccess{Ref: mainRef}), s.token(t, RefAccess{Ref: "refs/heads/other", Write: true})
	writeOnly := s.token(t, RefAccess{Ref: mainRef, Write: true, NoRead: true})
	upload := v1Path + "caches/" + id

	tests := map[string]struct {
		method, url, token, contentRange, body string
		status                                 int
		want                                   string
	}{
		"a miss":                   {"GET", v1Path + "cache?keys=none&version=v", token, "", "", 204, ""},
		"no keys":                  {"GET", v1Path + "cache?version=v", token, "", "", 400, "InvalidRequest"},
		"no token":                 {"GET", v1Path + "cache?keys=k&version=v", "", "", "", 401, "Unauthorized"},
		"no read permission":       {"GET", v1Path + "cache?keys=k&version=v", writeOnly, "", "", 403, "cache read denied: "},
		"a finished entry":         {"POST", v1Path + "caches", token, "", `{"key":"finished","version":"v"}`, 409, "ArtifactCacheItemAlreadyExistsException"},
		"a reserved entry":         {"POST", v1Path + "caches", token, "", `{"key":"reserved","version":"v"}`, 409, "ArtifactCacheItemAlreadyExistsException"},
		"no write permission":      {"POST", v1Path + "caches", readOnly, "", `{"key":"k","version":"v"}`, 403, "cache write denied: "},
		"too large a cache":        {"POST", v1Path + "caches", token, "", `{"key":"k","version":"v","cacheSize":1001}`, 400, "over the limit"},
		"broken JSON":              {"POST", v1Path + "caches", token, "", `{`, 400, "malformed"},
		"an oversized body":        {"POST", v1Path + "caches", token, "", strings.Repeat(" ", maxJSON+1), 413, "too large"},
		"a chunk of another ref":   {"PATCH", upload, other, "bytes 0-0/*", "x", 403, "cache write denied: "},
		"a chunk without range":    {"PATCH", upload, token, "", "x", 400, "content range"},
		"a chunk that is short":    {"PATCH", upload, token, "bytes 0-1/*", "x", 400, "1 of 2 bytes"},
		"a chunk that is long":     {"PATCH", upload, token, "bytes 0-0/*", "xy", 400, "more than 1"},
		"a chunk beyond the limit": {"PATCH", upload, token, "bytes 1000-1000/*", "x", 413, "larger"},
		"a chunk of nothing known": {"PATCH", v1Path + "caches/999999", token, "bytes 0-0/*", "x", 404, "NotFound"},
		"finishing too early":      {"POST", upload, token, "", `{"size":1}`, 400, "differs"},
		"finishing without size":   {"POST", upload, token, "", `{}`, 400, "differs"},
		"finishing for others":     {"POST", upload, other, "", `{"size":0}`, 403, "cache write denied: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := s.do(t, tt.method, tt.url, tt.token, tt.body, "Content-Range", tt.contentRange)
			if got.status != tt.status || !strings.Contains(got.body, tt.want) {
				t.Errorf("%d %s, want %d %s", got.status, got.body, tt.status, tt.want)
			}
		})
	}
}

// Ids are numbers that the service has made, in the one way in which it writes them; nothing else becomes a path.
func TestNoIDLeavesTheFolder(t *testing.T) {
	s := serve(t, Options{})
	entry := s.save(t, mainRef, "finished", "content")
	token, rest := s.token(t), s.restToken(t, true)
	id := s.reserveV1ID(t, token, "key")
	client := http.DefaultTransport
	for _, evil := range []string{
		"..", "../1", "..%2f..%2fservice.json", "%2e%2e%2fservice.json", "+" + id, "0" + id, id + "%00", id + "%20", "-1", "0",
		"1e0", "0x1", "99999999999999999999", id + "/../" + id, "%2Fetc%2Fpasswd", "..%5cservice.json", "",
	} {
		for _, r := range []struct{ method, url, token string }{
			{"PATCH", v1Path + "caches/" + evil, token},
			{"POST", v1Path + "caches/" + evil, token},
			{"DELETE", "/repos/local/repo/actions/caches/" + evil, rest},
			{"DELETE", "/api/v3/repos/local/repo/actions/caches/" + evil, rest},
			{"GET", "/devstoreaccount1/cache/" + evil, ""},
			{"PUT", "/devstoreaccount1/cache/" + evil, ""},
		} {
			req, err := http.NewRequest(r.method, s.url+r.url, strings.NewReader(`{"size":0}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+r.token)
			req.Header.Set("Content-Range", "bytes 0-9/*")
			resp, err := client.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode/100 == 2 || resp.StatusCode/100 == 5 {
				t.Errorf("%s %s: %s", r.method, r.url, resp.Status)
			}
		}
		// A signature makes no id of it either.
		signed := "?sp=r&se=2999-01-01T00:00:00Z&sig=" + s.blobSignature(evil, toRead, "2999-01-01T00:00:00Z")
		if resp, err := http.Get(s.url + "/devstoreaccount1/cache/" + evil + signed); err == nil {
			if resp.Body.Close(); resp.StatusCode == 200 {
				t.Errorf("%q is read", evil)
			}
		}
	}
	if got, err := s.entries.Upload(entry + 1); err != nil || got.Key != "key" {
		t.Errorf("the upload is gone: %v", err)
	}
}

func FuzzContentRange(f *testing.F) {
	for _, seed := range []string{"bytes 0-0/*", "bytes 5-9/10", "bytes 9-5/*", "bytes 0-9223372036854775807/*", "bytes=0-1", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		off, size, err := parseContentRange(header)
		if err != nil {
			return
		}
		if off < 0 || size <= 0 || off+size-1 < off {
			t.Fatalf("%q is offset %d and size %d", header, off, size)
		}
		again, sizeAgain, err := parseContentRange(fmt.Sprintf("bytes %d-%d/*", off, off+size-1))
		if err != nil || again != off || sizeAgain != size {
			t.Fatalf("%q is offset %d and size %d, then %d and %d: %v", header, off, size, again, sizeAgain, err)
		}
	})
}
