package runtimeclient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func uploaderOf(t testing.TB, s *cacheserver.Server, url string, reads ...string) *Uploader {
	return NewUploader(runtimeOf(t, s, url, 2, reads...), time.Now)
}

// randomBytes are the same for every test with the same seed.
func randomBytes(seed uint64, size int) []byte {
	data := make([]byte, size)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

func TestStreamReturnsWhatWasUploaded(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{})
	url := servertest.Serve(t, s)
	for _, size := range []int{0, 1, blockSize - 1, blockSize, blockSize + 1, 3*blockSize + 7} {
		content := randomBytes(uint64(size), size)
		key := fmt.Sprintf("of %d bytes", size)
		if err := uploaderOf(t, s, url).Upload(t.Context(), key, iotest.HalfReader(bytes.NewReader(content)), int64(size)); err != nil {
			t.Fatal(err)
		}
		versions(t, func(t *testing.T, version int) {
			stream, err := runtimeOf(t, s, url, version).Stream(t.Context(), key, int64(size))
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			if have, err := io.ReadAll(stream); err != nil || !bytes.Equal(have, content) {
				t.Errorf("%d of %d bytes, %v", len(have), size, err)
			}
		})
	}
}

func TestUploadOfAnEntryThatExistsOrWasBegun(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{}, entry(mainRef, "there"))
	url := servertest.Serve(t, s)
	u := uploaderOf(t, s, url)
	broken := errors.New("not what it should be")
	if err := u.Upload(t.Context(), "begun", iotest.ErrReader(broken), 3); !errors.Is(err, broken) {
		t.Errorf("of a reader that fails: %v", err)
	}
	for _, key := range []string{"there", "begun"} {
		if err := u.Upload(t.Context(), key, strings.NewReader("new"), 3); !errors.Is(err, fs.ErrExist) {
			t.Errorf("of an entry that is %s: %v", key, err)
		}
	}
}

func TestUploadThatFailsMakesNoEntry(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content io.Reader
		size    int64
		err     string
	}{
		"the reader objects at the end": {io.MultiReader(bytes.NewReader(randomBytes(1, 2*blockSize+1)), iotest.ErrReader(errors.New("not what it should be"))), 2*blockSize + 1, "not what it should be"},
		"the reader objects at once":    {iotest.ErrReader(errors.New("not what it should be")), 1, "not what it should be"},
		"there is less than was said":   {strings.NewReader("12"), 3, "did not commit it"},
	} {
		t.Run(name, func(t *testing.T) {
			s := servertest.Open(t, cacheserver.Options{})
			u := uploaderOf(t, s, servertest.Serve(t, s))
			if err := u.Upload(t.Context(), "key", test.content, test.size); err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("have %v, want %s", err, test.err)
			}
			if there, err := u.Has(t.Context(), "key"); there || err != nil {
				t.Errorf("there is an entry: %t, %v", there, err)
			}
		})
	}
}

func TestUploadRepeatsWhatFailsInPassing(t *testing.T) {
	const create, finish = "POST */CreateCacheEntry", "POST */FinalizeCacheEntryUpload"
	for _, fault := range []string{
		create + ":503:2", create + ":429:1:0", create + ":cut:1", finish + ":500:2", finish + ":cut:1", finish + ":cut=1:1",
		"PUT *:503:1", "PUT *?*comp=block&*:503:2",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, fault)})
			u := uploaderOf(t, s, servertest.Serve(t, s))
			content := randomBytes(1, 2*blockSize+1)
			if err := u.Upload(t.Context(), "key", bytes.NewReader(content), int64(len(content))); err != nil {
				t.Fatal(err)
			}
			if there, err := u.Has(t.Context(), "key"); !there || err != nil {
				t.Errorf("there is an entry: %t, %v", there, err)
			}
		})
	}
}

func TestUploadWithATokenThatOnlyReads(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{})
	token, err := s.RuntimeToken([]cacheserver.RefAccess{{Ref: mainRef}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(servertest.Serve(t, s), 2, token, "test")
	if err != nil {
		t.Fatal(err)
	}
	err = NewUploader(r, time.Now).Upload(t.Context(), "key", strings.NewReader("x"), 1)
	if err == nil || !strings.Contains(err.Error(), "cache write denied") || hint.Of(err) == "" || strings.Contains(err.Error(), token) {
		t.Errorf("have %v", err)
	}
}

func TestUploadShowsNoSecrets(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, "PUT *:400")})
	u := uploaderOf(t, s, servertest.Serve(t, s))
	err := u.Upload(t.Context(), "key", strings.NewReader("x"), 1)
	if err == nil || strings.Contains(err.Error(), "sig=") || strings.Contains(err.Error(), u.token) {
		t.Errorf("have %v", err)
	}
}

func TestStreamGoesOnWhereItBroke(t *testing.T) {
	versions(t, func(t *testing.T, version int) {
		content := randomBytes(2, 3<<20)
		it := entry(mainRef, "key")
		it.Content = content
		for _, fault := range []string{"GET *:cut=1000000:3", "GET *devstore*:cut=1:3"} {
			s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, fault)}, it)
			stream, err := runtimeOf(t, s, servertest.Serve(t, s), version).Stream(t.Context(), "key", int64(len(content)))
			if err != nil {
				t.Fatalf("%s: %v", fault, err)
			}
			if have, err := io.ReadAll(stream); err != nil || !bytes.Equal(have, content) {
				t.Errorf("%s: %d bytes, %v", fault, len(have), err)
			}
			stream.Close()
		}
	})
}

func TestStreamOfWhatIsNotThere(t *testing.T) {
	versions(t, func(t *testing.T, version int) {
		short := entry(mainRef, "short")
		short.Content = []byte("12")
		s := servertest.Open(t, cacheserver.Options{}, short)
		r := runtimeOf(t, s, servertest.Serve(t, s), version)
		if _, err := r.Stream(t.Context(), "none", 3); !errors.Is(err, ErrNotFound) {
			t.Errorf("of no entry: %v", err)
		}
		stream, err := r.Stream(t.Context(), "short", 3)
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		if have, err := io.ReadAll(stream); err == nil {
			t.Errorf("of an entry that is too short: %q", have)
		}
	})
}

func TestReadReturnsTheNewestOfAPrefix(t *testing.T) {
	versions(t, func(t *testing.T, version int) {
		old, head := entry(mainRef, bkcache.IndexPrefix("app", mainRef, false)+"#1"), entry(mainRef, bkcache.IndexPrefix("app", mainRef, false)+"#2")
		old.Content, head.Content = []byte("old"), []byte("new")
		s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, "GET *devstore*:cut=1:1")}, old, head)
		r := runtimeOf(t, s, servertest.Serve(t, s), version, pullRef)
		data, key, err := r.Read(t.Context(), bkcache.IndexPrefix("app", mainRef, false)+"#")
		if string(data) != "new" || key != head.Key || err != nil {
			t.Errorf("have %q of %q, %v", data, key, err)
		}
		if _, _, err := r.Read(t.Context(), "other"); !errors.Is(err, ErrNotFound) {
			t.Errorf("of no entry: %v", err)
		}
		if refs := r.Refs(); fmt.Sprint(refs) != fmt.Sprint([]string{mainRef, pullRef}) {
			t.Errorf("the refs are %q", refs)
		}
	})
}
