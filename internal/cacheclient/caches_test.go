package cacheclient

import (
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func discard() *log.Logger { return log.New(io.Discard, "", 0) }

func TestDeleteSaysWhatItDoesNotFind(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{}, entries(2)...)
	c := client(t, s, servertest.Serve(t, s), Options{})
	all, err := c.List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), all[0].ID); err != nil {
		t.Error(err)
	}
	if err := c.Delete(t.Context(), all[0].ID); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(hint.Of(err), "actions: write") {
		t.Errorf("error %v, hint %q", err, hint.Of(err))
	}
	left, err := c.List(t.Context(), Filter{})
	if err != nil || len(left) != 1 || left[0] != all[1] {
		t.Errorf("left is %v, error %v", left, err)
	}
}

func TestADeletionWhoseReplyIsCutFindsNothingLeft(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{}, entries(1)...)
	cut := true
	url := servertest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r)
		if r.Method == http.MethodDelete && cut {
			cut = false
			panic(http.ErrAbortHandler)
		}
	}))
	c := client(t, s, url, Options{})
	all, err := c.List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), all[0].ID); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestUsage(t *testing.T) {
	items := entries(2)
	items[0].Content, items[1].Content = []byte("12345"), []byte("678")
	s := servertest.Open(t, cacheserver.Options{}, items...)
	if used, err := client(t, s, servertest.Serve(t, s), Options{}).Usage(t.Context()); err != nil || used != 8 {
		t.Errorf("%d bytes are used, error %v; want 8", used, err)
	}
}

func TestLimits(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{MaxSize: 20 << 30, MaxAge: 48 * time.Hour})
	c := client(t, s, servertest.Serve(t, s), Options{})
	if limits, err := c.Limits(t.Context()); err != nil || limits != (Limits{20 << 30, 48 * time.Hour}) {
		t.Errorf("have %v, error %v", limits, err)
	}
}

func TestLimitsThatAServerDoesNotTellAreUnknown(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{Faults: servertest.Faults(t, "*/storage-limit:404", "*/retention-limit:403")})
	if limits, err := client(t, s, servertest.Serve(t, s), Options{}).Limits(t.Context()); err != nil || limits != (Limits{}) {
		t.Errorf("have %v, error %v", limits, err)
	}
}

func TestRate(t *testing.T) {
	s := servertest.Open(t, cacheserver.Options{RateLimit: cacheserver.RateLimit{Hourly: 50}})
	c := client(t, s, servertest.Serve(t, s), Options{})
	if _, err := c.DefaultBranch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rate, err := c.Rate(t.Context()); err != nil || rate.Limit != 50 || rate.Remaining != 49 || rate.Reset.IsZero() {
		t.Errorf("have %+v, error %v", rate, err)
	}
}
