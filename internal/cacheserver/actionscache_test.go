package cacheserver

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	actionscache "github.com/tonistiigi/go-actions-cache"
)

// TestActionsCacheSuite runs the tests of go-actions-cache itself, from the module cache.
func TestActionsCacheSuite(t *testing.T) {
	const module = "github.com/tonistiigi/go-actions-cache"
	versions(t, func(t *testing.T, v2 bool) {
		s := serve(t, Options{})
		version := map[bool]string{false: "v1", true: "v2"}[v2]
		cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", module,
			"-run", "TestTokenScopes|TestSaveLoad|TestExistingKey|TestChunkedSave|TestPartialKeyOrder|TestMutable")
		cmd.Env = append(os.Environ(), "ACTIONS_CACHE_API_FORCE_VERSION="+version)
		for _, v := range s.Environment(s.url, s.token(t), s.restToken(t, true)) {
			cmd.Env = append(cmd.Env, v.Name+"="+v.Value)
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, name := range []string{"TestTokenScopes", "TestSaveLoad", "TestExistingKey", "TestChunkedSave", "TestPartialKeyOrder",
			"TestMutable", "TestMutableRace", "TestMutableCrash"} {
			if !strings.Contains(string(out), "--- PASS: "+name+" ") {
				t.Errorf("%s did not pass:\n%s", name, out)
			}
		}
	})
}

func TestSavedEntryIsReadBack(t *testing.T) {
	for _, size := range []int{0, 1, 1 << 20, 1<<20 + 1, 5<<20 + 7} {
		versions(t, func(t *testing.T, v2 bool) {
			c := serve(t, Options{}).cache(t, v2)
			want := randomBytes(size)
			if err := c.Save(t.Context(), "key", actionscache.NewBlob(want)); err != nil {
				t.Fatal(err)
			}
			e, err := c.Load(t.Context(), "key")
			if err != nil || e == nil {
				t.Fatalf("Load = %v, %v", e, err)
			}
			var got bytes.Buffer
			if err := e.WriteTo(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got %d bytes that differ from the %d saved", got.Len(), len(want))
			}
		})
	}
}

func TestRangesOfAnEntryAreRead(t *testing.T) {
	versions(t, func(t *testing.T, v2 bool) {
		c := serve(t, Options{}).cache(t, v2)
		want := randomBytes(3 << 20)
		if err := c.Save(t.Context(), "key", actionscache.NewBlob(want)); err != nil {
			t.Fatal(err)
		}
		e, err := c.Load(t.Context(), "key")
		if err != nil {
			t.Fatal(err)
		}
		r := e.Download(t.Context())
		defer r.Close()
		for _, off := range []int{2 << 20, 0, 1<<20 - 1, 3<<20 - 10} {
			got := make([]byte, 10)
			if n, err := r.ReadAt(got, int64(off)); n != len(got) || !bytes.Equal(got, want[off:off+10]) {
				t.Errorf("at %d: %v, %v", off, got, err)
			}
		}
	})
}

func TestMutableEntryIsReplaced(t *testing.T) {
	versions(t, func(t *testing.T, v2 bool) {
		c := serve(t, Options{}).cache(t, v2)
		for _, content := range []string{"first", "second", "third"} {
			err := c.SaveMutable(t.Context(), "index", time.Second, func(*actionscache.Entry) (actionscache.Blob, error) {
				return actionscache.NewBlob([]byte(content)), nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		e, err := c.Load(t.Context(), "index")
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if err := e.WriteTo(t.Context(), &got); err != nil || e.Key != "index#3" || got.String() != "third" {
			t.Errorf("%s holds %q, %v", e.Key, got.String(), err)
		}
	})
}

func TestEntriesAreImmutable(t *testing.T) {
	versions(t, func(t *testing.T, v2 bool) {
		c := serve(t, Options{}).cache(t, v2)
		if err := c.Save(t.Context(), "key", actionscache.NewBlob([]byte("one"))); err != nil {
			t.Fatal(err)
		}
		if err := c.Save(t.Context(), "key", actionscache.NewBlob([]byte("two"))); !errors.Is(err, os.ErrExist) {
			t.Errorf("second save: %v", err)
		}
	})
}

func randomBytes(n int) []byte {
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	b := make([]byte, n)
	r.Read(b)
	return b
}

func blob(content string) actionscache.Blob { return actionscache.NewBlob([]byte(content)) }

// load returns the content of the entry that matches key, "" if none does.
func load(t *testing.T, c *actionscache.Cache, key string) string {
	t.Helper()
	e, err := c.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if e == nil {
		return ""
	}
	var content strings.Builder
	if err := e.WriteTo(t.Context(), &content); err != nil {
		t.Fatal(err)
	}
	return content.String()
}
