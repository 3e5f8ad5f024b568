package runtimeclient

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

const pullRef = "refs/pull/1/merge"

// versions runs a test with each version of the protocol.
func versions(t *testing.T, test func(t *testing.T, version int)) {
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprintf("v%d", version), func(t *testing.T) { t.Parallel(); test(t, version) })
	}
}

// runtimeOf has a token that writes main and reads what else is given.
func runtimeOf(t testing.TB, s *cacheserver.Server, url string, version int, reads ...string) *Reader {
	t.Helper()
	scopes := []cacheserver.RefAccess{{Ref: mainRef, Write: true}}
	for _, ref := range reads {
		scopes = append(scopes, cacheserver.RefAccess{Ref: ref})
	}
	token, err := s.RuntimeToken(scopes, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(url+"/", version, token, "test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// index is one that names a layer.
func index(ref, scope string, n uint64, layer string) servertest.Entry {
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(layer)))
	it := entry(ref, bkcache.IndexKey(scope, ref, false, n).String())
	it.Content = fmt.Appendf(nil, `{"layers":[{"blob":%q,"parent":-1,"annotations":{"diffID":%q,"size":3}}]}`, digest, digest)
	return it
}

func layers(x *bkcache.Index) string {
	var all []string
	for _, l := range x.Layers {
		all = append(all, l.Digest[:len("sha256:")+8])
	}
	return strings.Join(all, " ")
}

// head reads the index that BuildKit would import for a scope on a ref.
func head(ctx context.Context, r *Reader, scope, ref string) (index *bkcache.Index, key string, err error) {
	content, key, err := r.Read(ctx, bkcache.IndexPrefix(scope, ref, false))
	if err != nil {
		return nil, "", err
	}
	index, err = bkcache.ParseIndex(content)
	return index, key, err
}

func TestReadFindsTheIndexThatBuildKitImports(t *testing.T) {
	versions(t, func(t *testing.T, version int) {
		signed := index(mainRef, "signed", 1, "signed")
		signed.Key = bkcache.IndexKey("signed", mainRef, true, 1).String()
		s := servertest.Open(t, cacheserver.Options{},
			index(mainRef, "app", 9, "old"), index(mainRef, "app", 10, "new"), index(mainRef, "app", 2, "restarted"),
			index(pullRef, "app", 1, "pull"), signed)
		r := runtimeOf(t, s, servertest.Serve(t, s), version, pullRef)
		for want, test := range map[string]struct{ scope, ref string }{
			"index-app-1-f921bd05#2 " + layersOf("restarted"):     {"app", mainRef},
			"index-app-1-40a31afc#1 " + layersOf("pull"):          {"app", pullRef},
			"index-signed-1-f921bd05-sig#1 " + layersOf("signed"): {"signed", mainRef},
		} {
			x, key, err := head(t.Context(), r, test.scope, test.ref)
			if err != nil {
				t.Errorf("%+v: %v", test, err)
				continue
			}
			if have := key + " " + layers(x); have != want {
				t.Errorf("%+v: have %s, want %s", test, have, want)
			}
		}
		if _, _, err := head(t.Context(), r, "other", mainRef); !errors.Is(err, ErrNotFound) {
			t.Errorf("of no index: %v", err)
		}
	})
}

func layersOf(name string) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(name)))[:len("sha256:")+8]
}

func TestIndexesReadsWhatItIsCertainOf(t *testing.T) {
	versions(t, func(t *testing.T, version int) {
		hidden := index("refs/heads/hidden", "app", 1, "hidden")
		namesake := index(pullRef, "twice", 1, "pull's")
		namesake.Key = bkcache.IndexKey("twice", mainRef, false, 1).String()
		broken := index(mainRef, "broken", 1, "")
		broken.Content = []byte("<html>")
		s := servertest.Open(t, cacheserver.Options{},
			index(mainRef, "app", 1, "one"), index(mainRef, "app", 10, "ten"), index(pullRef, "app", 3, "three"),
			hidden, index(mainRef, "twice", 1, "main's"), namesake, broken, entry(mainRef, "go-mod"))
		url := servertest.Serve(t, s)
		listing, err := rest(t, s, url).List(t.Context(), cacheclient.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		gone := listing[0] // and #10 begins with its key
		if err := rest(t, s, url).Delete(t.Context(), gone.ID); err != nil {
			t.Fatal(err)
		}
		changed := listing[2]
		listing[2].Size++
		have := runtimeOf(t, s, url, version, pullRef).Indexes(t.Context(), listing, every, nil)
		want := []string{"no such cache entry", layersOf("ten"), errSize.Error(), errRef.Error(),
			errNamesake.Error(), errNamesake.Error(), "decoding index"}
		if len(have) != len(want) {
			t.Errorf("%d indexes, want %d", len(have), len(want))
		}
		for i, want := range want {
			x := have[listing[i].ID]
			var text string
			if x.Err != nil {
				text = x.Err.Error()
			} else {
				text = layers(x.Index)
			}
			if !strings.Contains(text, want) {
				t.Errorf("%s on %s: have %s, want %s", listing[i].Key, listing[i].Ref, text, want)
			}
		}
		listing[2] = changed
		have = runtimeOf(t, s, url, version, pullRef).Indexes(t.Context(), listing, every, have)
		if x := have[listing[1].ID]; x.Err != nil || layers(x.Index) != layersOf("ten") {
			t.Errorf("read before: %+v", x)
		}
		if x := have[changed.ID]; x.Err != nil || layers(x.Index) != layersOf("three") {
			t.Errorf("have %+v", x)
		}
	})
}

// every selects all indexes.
func every(int64) bool { return true }

func TestOneFailedReadStopsTheOthers(t *testing.T) {
	for name, fault := range map[string]string{"storage that fails": "GET /devstoreaccount1/*:500", "lookups that fail": "POST /twirp/*:500"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var items []servertest.Entry
			for i := range parallelReads {
				items = append(items, index(mainRef, fmt.Sprint("app", i), 1, "layer"))
			}
			s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, fault)}, items...)
			url := servertest.Serve(t, s)
			listing, err := rest(t, s, url).List(t.Context(), cacheclient.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			for id, x := range runtimeOf(t, s, url, 2).Indexes(t.Context(), listing, every, nil) {
				if !errors.Is(x.Err, ErrService) {
					t.Errorf("%d: %v", id, x.Err)
				}
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestOnlyWantedIndexesAreRead(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{}, index(mainRef, "app", 1, "one"), index(mainRef, "app", 2, "two"))
	url := servertest.Serve(t, s)
	c := rest(t, s, url)
	before, err := c.List(t.Context(), cacheclient.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	wanted := before[1].ID
	have := runtimeOf(t, s, url, 2).Indexes(t.Context(), before, func(id int64) bool { return id == wanted }, nil)
	after, err := c.List(t.Context(), cacheclient.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(have) != 1 || have[wanted].Err != nil || !after[0].Used.Equal(before[0].Used) || !after[1].Used.After(before[1].Used) {
		t.Errorf("have %+v; %+v was %+v", have, after, before)
	}
}

func TestAnIndexThatIsTooLargeIsRefused(t *testing.T) {
	it := index(mainRef, "app", 1, "")
	it.Content = bytes.Repeat([]byte(" "), maxIndex+1)
	s := servertest.Open(t, cacheserver.Options{}, it)
	url := servertest.Serve(t, s)
	listing, err := rest(t, s, url).List(t.Context(), cacheclient.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	r := runtimeOf(t, s, url, 2)
	if x := r.Indexes(t.Context(), listing, every, nil)[listing[0].ID]; !errors.Is(x.Err, httpclient.ErrTooLarge) {
		t.Errorf("of a listing: %v", x.Err)
	}
	if _, _, err := head(t.Context(), r, "app", mainRef); !errors.Is(err, httpclient.ErrTooLarge) {
		t.Errorf("while reading: %v", err)
	}
}

func TestHasWantsTheVeryKey(t *testing.T) {
	versions(t, func(t *testing.T, version int) {
		s := servertest.Open(t, cacheserver.Options{}, entry(mainRef, "key-long"), entry(pullRef, "key-long-2"))
		r := runtimeOf(t, s, servertest.Serve(t, s), version, pullRef)
		for key, want := range map[string]bool{"key-long": true, "key-long-2": true, "key": false, "key-long-": false, "none": false} {
			if have, err := r.Has(t.Context(), key); err != nil || have != want {
				t.Errorf("%s: have %t, error %v", key, have, err)
			}
		}
	})
}

func TestALookupIsRepeatedAndThrottlingWaitedFor(t *testing.T) {
	versions(t, func(t *testing.T, version int) {
		s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, "*:503:1", "*:cut:1", "*:429:1:1")}, entry(mainRef, "a"))
		if have, err := runtimeOf(t, s, servertest.Serve(t, s), version).Has(t.Context(), "a"); err != nil || !have {
			t.Errorf("have %t, error %v", have, err)
		}
	})
}

func TestRuntimeErrorsNameTheStatusAndNoSecret(t *testing.T) {
	for fault, want := range map[string]string{
		"*/twirp/*:404":            " 404 ",
		"*/_apis/*:404":            " 404 ",
		"*/devstoreaccount1/*:410": "410 Gone",
		"*/devstoreaccount1/*:cut": "reading index",
	} {
		t.Run(fault, func(t *testing.T) {
			versions(t, func(t *testing.T, version int) {
				it := index(mainRef, "app", 1, "x")
				s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, fault)}, it)
				r := runtimeOf(t, s, servertest.Serve(t, s), version)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := r.index(ctx, bkcache.Entry{Key: it.Key, Ref: mainRef, Size: int64(len(it.Content))}, true)
				if spared := fault == "*/twirp/*:404" && version == 1 || fault == "*/_apis/*:404" && version == 2; (err == nil) != spared {
					t.Errorf("have %v", err)
				} else if !spared {
					noSecret(t, r, err, want)
				}
			})
		})
	}
}

func TestRuntimeErrorsQuoteRepliesInPartAndWithoutSecrets(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<html>%s https://host/blob?sig=abc&se=1 %s", r.Header.Get("Authorization"), strings.Repeat("x", 10_000))
	})
	versions(t, func(t *testing.T, version int) {
		r := runtimeOf(t, servertest.Open(t, cacheserver.Options{}), servertest.Serve(t, echo), version)
		_, err := r.Has(t.Context(), "a")
		noSecret(t, r, err, " 400 ")
		if len(err.Error()) > 2*httpclient.MaxText {
			t.Errorf("%d bytes of error", len(err.Error()))
		}
	})
}

func noSecret(t *testing.T, r *Reader, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("have %v, want %s", err, want)
	}
	for _, secret := range []string{r.token, "sig=", "se=", "\n"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q is in %v", secret, err)
		}
	}
}

func TestNewRuntimeSaysWhatIsWrongWithTheToken(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{})
	expired, err := s.RuntimeToken(nil, -time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]string{"": "invalid", "nonsense": "invalid", expired: "expired"} {
		if _, err := NewReader("http://host/", 2, token, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("have %v, want %s", err, want)
		}
	}
}

func TestRepositoryOfReadsStringsAndNumbers(t *testing.T) {
	for claims, want := range map[string]int64{`{"repository_id":"12"}`: 12, `{"repository_id":12}`: 12, `{}`: 0, `{"repository_id":"x"}`: 0, `[]`: 0} {
		part := base64.RawURLEncoding.EncodeToString
		token := part([]byte(`{"alg":"none"}`)) + "." + part([]byte(claims)) + "."
		if have := repositoryOf(token); have != want {
			t.Errorf("%s: %d", claims, have)
		}
	}
}
