package cacheserver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/dynamicpb"
)

// encode writes fields, a number and a value by turns, as an independent client does.
func encode(fields ...any) (b []byte) {
	for i := 0; i < len(fields); i += 2 {
		number := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), v)
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v))
		}
	}
	return b
}

func decode(t *testing.T, b string) map[int]string {
	t.Helper()
	fields := map[int]string{}
	for data := []byte(b); len(data) > 0; {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			t.Fatalf("%q is no protobuf", b)
		}
		data = data[n:]
		if kind == protowire.VarintType {
			v, n := protowire.ConsumeVarint(data)
			fields[int(number)], data = fmt.Sprint(v), data[n:]
			continue
		}
		v, n := protowire.ConsumeBytes(data)
		fields[int(number)], data = string(v), data[n:]
	}
	return fields
}

// Apache OpenDAL, which sccache uses, speaks protobuf.
func TestProtobufRoundTrip(t *testing.T) {
	s := serve(t, Options{})
	token := s.token(t)
	call := func(method string, fields ...any) map[int]string {
		got := s.do(t, "POST", twirpPath+method, token, string(encode(fields...)), "Content-Type", "application/protobuf")
		if got.status != 200 || got.header.Get("Content-Type") != "application/protobuf" {
			t.Fatalf("%s: %d %s", method, got.status, got.body)
		}
		return decode(t, got.body)
	}
	if miss := call("GetCacheEntryDownloadURL", 2, "key", 4, "v"); len(miss) != 0 {
		t.Errorf("miss: %v", miss)
	}
	created := call("CreateCacheEntry", 2, "key", 3, "v")
	if created[1] != "1" || s.do(t, "PUT", created[2], "", "content", "X-Ms-Blob-Type", "BlockBlob").status != 201 {
		t.Fatalf("create: %v", created)
	}
	finished := call("FinalizeCacheEntryUpload", 2, "key", 3, 7, 4, "v")
	if finished[1] != "1" || finished[2] != "1" {
		t.Errorf("finalize: %v", finished)
	}
	found := call("GetCacheEntryDownloadURL", 2, "none", 3, "other", 3, "ke", 4, "v")
	if found[1] != "1" || found[3] != "key" || s.do(t, "GET", found[2], "", "").body != "content" {
		t.Errorf("found: %v", found)
	}
}

func TestJSONFieldsInEitherSpelling(t *testing.T) {
	s := serve(t, Options{})
	token := s.token(t)
	_, created := s.twirp(t, "CreateCacheEntry", token, `{"key":"key","version":"v","metadata":{"repository_id":"1"}}`)
	s.do(t, "PUT", created["signed_upload_url"].(string), "", "content", "X-Ms-Blob-Type", "BlockBlob")
	if _, got := s.twirp(t, "FinalizeCacheEntryUpload", token, `{"key":"key","sizeBytes":"7","version":"v"}`); got["ok"] != true || got["entry_id"] != "1" {
		t.Errorf("finalize: %v", got)
	}
	for _, name := range []string{"restore_keys", "restoreKeys"} {
		_, got := s.twirp(t, "GetCacheEntryDownloadURL", token, `{"key":"x","`+name+`":["ke"],"version":"v"}`)
		if got["ok"] != true || got["matched_key"] != "key" {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTwirpRefusals(t *testing.T) {
	s := serve(t, Options{})
	s.save(t, mainRef, "finished", "content")
	token := s.token(t)
	if _, created := s.twirp(t, "CreateCacheEntry", token, `{"key":"reserved","version":"v"}`); created["ok"] != true {
		t.Fatal(created)
	}
	readOnly := s.token(t, RefAccess{Ref: mainRef})
	writeOnly := s.token(t, RefAccess{Ref: mainRef, Write: true, NoRead: true})
	manyKeys := `["` + strings.Join(strings.Fields("a b c d e f g h i j"), `","`) + `"]`

	tests := map[string]struct {
		method, token, body string
		status              int
		want                string // a part of "code msg" or "ok message"
	}{
		"a finished entry":       {"CreateCacheEntry", token, `{"key":"finished","version":"v"}`, 409, "already_exists"},
		"a reserved entry":       {"CreateCacheEntry", token, `{"key":"reserved","version":"v"}`, 409, "already_exists"},
		"no token":               {"CreateCacheEntry", "", `{"key":"k","version":"v"}`, 401, "unauthenticated"},
		"no JWT":                 {"CreateCacheEntry", "x.y.z", `{"key":"k","version":"v"}`, 401, "unauthenticated"},
		"a REST token":           {"CreateCacheEntry", s.restToken(t, true), `{"key":"k","version":"v"}`, 401, "unauthenticated"},
		"no write permission":    {"CreateCacheEntry", readOnly, `{"key":"k","version":"v"}`, 200, "false cache write denied: token has no writable scopes"},
		"no read permission":     {"GetCacheEntryDownloadURL", writeOnly, `{"key":"k","version":"v"}`, 403, "permission_denied cache read denied: "},
		"no write to finalize":   {"FinalizeCacheEntryUpload", readOnly, `{"key":"reserved","version":"v"}`, 403, "permission_denied cache write denied: "},
		"an unknown upload":      {"FinalizeCacheEntryUpload", token, `{"key":"none","version":"v"}`, 200, "false no such entry"},
		"a wrong size":           {"FinalizeCacheEntryUpload", token, `{"key":"reserved","size_bytes":1,"version":"v"}`, 200, "false uploaded size differs"},
		"an empty key":           {"CreateCacheEntry", token, `{"key":"","version":"v"}`, 400, "invalid_argument"},
		"no version":             {"CreateCacheEntry", token, `{"key":"k"}`, 400, "invalid_argument"},
		"a comma":                {"CreateCacheEntry", token, `{"key":"a,b","version":"v"}`, 400, "invalid_argument"},
		"a long key":             {"CreateCacheEntry", token, `{"key":"` + strings.Repeat("ä", 513) + `","version":"v"}`, 400, "invalid_argument"},
		"eleven keys":            {"GetCacheEntryDownloadURL", token, `{"key":"k","restore_keys":` + manyKeys + `,"version":"v"}`, 400, "invalid_argument"},
		"broken JSON":            {"CreateCacheEntry", token, `{"key":`, 400, "malformed"},
		"a number as key":        {"CreateCacheEntry", token, `{"key":1,"version":"v"}`, 400, "malformed"},
		"a body without an end":  {"CreateCacheEntry", token, `{"key":"` + strings.Repeat("k", maxJSON) + `"}`, 400, "malformed"},
		"an unknown method":      {"DeleteEverything", token, `{}`, 404, "bad_route"},
		"a path in the method":   {"..%2FCreateCacheEntry", token, `{}`, 404, "bad_route"},
		"another version misses": {"GetCacheEntryDownloadURL", token, `{"key":"finished","version":"w"}`, 200, "false"},
		"the longest key misses": {"GetCacheEntryDownloadURL", token, `{"key":"` + strings.Repeat("ä", 512) + `","version":"v"}`, 200, "false"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, got := s.twirp(t, tt.method, tt.token, tt.body)
			text := fmt.Sprint(got["ok"], " ", got["message"])
			if got["code"] != nil {
				text = fmt.Sprint(got["code"], " ", got["msg"])
			}
			if status != tt.status || !strings.HasPrefix(text, tt.want) {
				t.Errorf("%d %v, want %d %s", status, got, tt.status, tt.want)
			}
		})
	}
	if got := s.do(t, "POST", twirpPath+"CreateCacheEntry", token, "key=k", "Content-Type", "text/plain"); got.status != 404 {
		t.Errorf("text/plain: %d", got.status)
	}
	if got := s.do(t, "GET", twirpPath+"CreateCacheEntry", token, ""); got.status != 404 {
		t.Errorf("GET: %d", got.status)
	}
}

func TestExpiredTokenIsRefused(t *testing.T) {
	c := &clock{now: time.Now()}
	s := serve(t, Options{Now: c.Now})
	runtime, rest := s.token(t), s.restToken(t, true)
	c.advance(time.Hour - time.Second)
	if status, got := s.twirp(t, "GetCacheEntryDownloadURL", runtime, `{"key":"k","version":"v"}`); status != 200 {
		t.Errorf("before: %d %v", status, got)
	}
	c.advance(2 * time.Second)
	if status, got := s.twirp(t, "GetCacheEntryDownloadURL", runtime, `{"key":"k","version":"v"}`); status != 401 {
		t.Errorf("runtime token: %d %v", status, got)
	}
	if got := s.do(t, "GET", "/repos/local/repo/actions/caches", rest, ""); got.status != 401 {
		t.Errorf("REST token: %d %s", got.status, got.body)
	}
}

// The own ref is searched before the base; only what the token names is seen at all.
func TestScopesAreApart(t *testing.T) {
	versions(t, func(t *testing.T, v2 bool) {
		s := serve(t, Options{})
		save := func(key string, content string, scopes ...RefAccess) error {
			return s.cache(t, v2, scopes...).Save(t.Context(), key, blob(content))
		}
		base := RefAccess{Ref: mainRef, Write: true}
		pull := []RefAccess{{Ref: "refs/pull/1/merge", Write: true}, {Ref: mainRef}}
		other := []RefAccess{{Ref: "refs/pull/2/merge", Write: true}, {Ref: mainRef}}
		for _, err := range []error{
			save("shared", "base", base), save("own", "pull", pull...), save("shared-newer", "base", base),
			save("shared", "pull", pull...), // the same key on another ref is another entry
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			scopes    []RefAccess
			key, want string
		}{
			{pull, "own", "pull"}, {pull, "shared", "pull"}, {pull, "shared-", "base"}, {pull, "share", "pull"},
			{other, "own", ""}, {other, "shared", "base"}, {[]RefAccess{base}, "own", ""}, {[]RefAccess{base}, "share", "base"},
		} {
			if got := load(t, s.cache(t, v2, tt.scopes...), tt.key); got != tt.want {
				t.Errorf("%s with %v: %q, want %q", tt.key, tt.scopes, got, tt.want)
			}
		}
		if err := save("k", "x", RefAccess{Ref: mainRef}); err == nil || strings.Contains(err.Error(), s.url) {
			t.Errorf("saving with a read-only token: %v", err)
		}
	})
}

// BuildKit derives the key of an index from the last writable ref, so the entry must be on that one.
func TestLastWritableRefIsWritten(t *testing.T) {
	s := serve(t, Options{})
	c := s.cache(t, true, RefAccess{Ref: "refs/heads/a", Write: true}, RefAccess{Ref: "refs/heads/b", Write: true}, RefAccess{Ref: mainRef})
	if err := c.Save(t.Context(), "key", blob("x")); err != nil {
		t.Fatal(err)
	}
	if refs := s.held(); len(refs) != 1 || refs[0] != "refs/heads/b" {
		t.Errorf("written to %v", refs)
	}
}

func TestTooManyUploadsMustWait(t *testing.T) {
	s := serve(t, Options{})
	for i := 0; ; i++ {
		_, err := s.entries.Reserve(store.Name{Ref: mainRef, Version: "v", Key: fmt.Sprint(i)}, fmt.Sprint(i))
		if errors.Is(err, store.ErrTooMany) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		twirpPath + "CreateCacheEntry": `"code":"resource_exhausted"`,
		v1Path + "caches":              `"typeKey":"RequestBlockedException"`,
	} {
		got := s.do(t, "POST", path, s.token(t), `{"key":"k","version":"v"}`, "Content-Type", "application/json")
		if got.status != 429 || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %v %s", path, got.status, got.header, got.body)
		}
	}
}

func FuzzTwirpRequest(f *testing.F) {
	f.Add("application/json", []byte(`{"key":"k","restore_keys":["a"],"version":"v","size_bytes":"1"}`))
	f.Add("application/json", []byte(`{"key":null,"restoreKeys":[],"sizeBytes":-1}`))
	f.Add("application/protobuf", encode(2, "k", 3, "v", 4, "w"))
	f.Add("application/protobuf", []byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f})
	methods, err := cacheServiceMethods()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		format, ok := codecFor(contentType)
		if !ok {
			return
		}
		for i := range methods.Len() {
			in := message{dynamicpb.NewMessage(methods.Get(i).Input())}
			if format.unmarshal(body, in) != nil {
				continue
			}
			again, err := format.marshal(in)
			if err != nil {
				t.Fatalf("%q is taken, but cannot be written: %v", body, err)
			}
			out := message{dynamicpb.NewMessage(methods.Get(i).Input())}
			if err := format.unmarshal(again, out); err != nil || in.text("key") != out.text("key") || in.text("version") != out.text("version") {
				t.Fatalf("%q became %q: %v", body, again, err)
			}
			if keys, err := checkKeys([]string{in.text("key")}); err == nil && (len(keys[0]) > 4*maxKeyLen || strings.Contains(keys[0], ",")) {
				t.Fatalf("key %q is taken", keys[0])
			}
		}
	})
}

func TestWrongSignatureIsRefused(t *testing.T) {
	s, other := serve(t, Options{}), serve(t, Options{})
	foreign := other.token(t)
	unsigned := "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + strings.Split(s.token(t), ".")[1] + "."
	for name, token := range map[string]string{"of another service": foreign, "without algorithm": unsigned} {
		if status, got := s.twirp(t, "CreateCacheEntry", token, `{"key":"k","version":"v"}`); status != http.StatusUnauthorized {
			t.Errorf("token %s: %d %v", name, status, got)
		}
	}
}
