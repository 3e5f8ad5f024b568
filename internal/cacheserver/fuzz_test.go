package cacheserver

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// front sends any request to a protocol of the service, with a valid token, and wants an answer that blames the client.
func front(f *testing.F, prefix string, token func(s service) string) {
	s := serve(f, Options{MaxSize: 1 << 20})
	_, up, _ := s.reserve(f)
	s.save(f, mainRef, "saved", "content")
	auth := "Bearer " + token(s)
	signed, err := url.Parse(up)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, path, query, header string, body []byte) {
		path = strings.ReplaceAll(path, "ID", strings.TrimPrefix(signed.Path, "/devstoreaccount1/cache/"))
		target := &url.URL{Scheme: "http", Host: "service", Path: prefix + path, RawQuery: strings.ReplaceAll(query, "SIGNED", signed.RawQuery)}
		r, err := http.NewRequest(method, target.String(), strings.NewReader(string(body)))
		if err != nil {
			return
		}
		r.RequestURI = target.RequestURI()
		r.Header.Set("Authorization", auth)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Ms-Blob-Type", "BlockBlob")
		r.Header["Content-Range"] = []string{header}
		r.Header["Range"] = []string{header}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %s: %d %s\n%s", method, target, w.Code, w.Body, s.log)
		}
		if w.Header().Get("X-Ms-Request-Id") == "" {
			t.Fatal("no x-ms-request-id")
		}
		if used := s.entries.Stats(); used.Bytes+used.Pending > 1<<20 {
			t.Fatalf("%+v", used)
		}
	})
}

func runtimeTokenOf(f *testing.F) func(service) string {
	return func(s service) string { return s.token(f) }
}

func FuzzFrontTwirp(f *testing.F) {
	f.Add("POST", "CreateCacheEntry", "", "", []byte(`{"key":"k","version":"v"}`))
	f.Add("POST", "FinalizeCacheEntryUpload", "", "", []byte(`{"key":"k","version":"v","size_bytes":"0"}`))
	f.Add("POST", "GetCacheEntryDownloadURL", "", "", []byte(`{"key":"sav","version":"v","restore_keys":["a"]}`))
	front(f, twirpPath, runtimeTokenOf(f))
}

func FuzzFrontV1(f *testing.F) {
	f.Add("GET", "cache", "keys=saved,a&version=v", "", []byte(nil))
	f.Add("POST", "caches", "", "", []byte(`{"key":"k","version":"v","cacheSize":1}`))
	f.Add("PATCH", "caches/ID", "", "bytes 0-3/*", []byte("1234"))
	f.Add("POST", "caches/ID", "", "", []byte(`{"size":4}`))
	front(f, v1Path, runtimeTokenOf(f))
}

func FuzzFrontBlobs(f *testing.F) {
	f.Add("PUT", "ID", "SIGNED", "", []byte("content"))
	f.Add("PUT", "ID", "SIGNED&comp=block&blockid=YQ==", "", []byte("content"))
	f.Add("PUT", "ID", "SIGNED&comp=blocklist", "", []byte("<BlockList><Latest>YQ==</Latest></BlockList>"))
	f.Add("GET", "ID", "SIGNED", "bytes=0-", []byte(nil))
	front(f, "/devstoreaccount1/cache/", runtimeTokenOf(f))
}

func FuzzFrontREST(f *testing.F) {
	f.Add("GET", "caches", "per_page=1&page=2&sort=created_at&direction=asc", "", []byte(nil))
	f.Add("DELETE", "caches/2", "", "", []byte(nil))
	f.Add("DELETE", "caches", "key=saved&ref=main", "", []byte(nil))
	f.Add("PUT", "cache/retention-limit", "", "", []byte(`{"max_cache_retention_days":7}`))
	front(f, "/repos/local/repo/actions/", func(s service) string { return s.restToken(f, true) })
}
