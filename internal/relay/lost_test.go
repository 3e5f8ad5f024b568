package relay

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

const lostReply = "the connection broke when the key was reserved"

// losing is a service that reserves the first key that begins so, and answers with a status; 0: it cuts the connection.
func losing(t *testing.T, u upstream, begin string, status int) upstream {
	t.Helper()
	var lost atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return // the client has gone
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		if !strings.HasSuffix(req.URL.Path, "/CreateCacheEntry") || !bytes.Contains(body, []byte(`"`+begin)) || lost.Swap(true) {
			u.ServeHTTP(w, req)
			return
		}
		u.ServeHTTP(httptest.NewRecorder(), req)
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return upstream{u.Server, server.URL}
}

func TestAReservationWhoseReplyIsLost(t *testing.T) {
	l := newLayer(1, 100)
	for how, status := range map[string]int{"with the connection": 0, "by a gateway": http.StatusBadGateway, "by a gateway that does not wait": http.StatusGatewayTimeout} {
		t.Run("of a layer, "+how+", fails this export and the next one, without waiting for another job", func(t *testing.T) {
			t.Parallel()
			u := serve(t, cacheserver.Options{})
			if err := export(t.Context(), losing(t, u, l.key, status).client(t), "app", l); err == nil {
				t.Error("without a relay the export succeeds")
			}
			u = serve(t, cacheserver.Options{})
			r, begun := start(t, losing(t, u, l.key, status)), time.Now()
			for range 2 {
				if err := export(t.Context(), r.client(t), "app", l); err == nil || !strings.Contains(err.Error(), lostReply) {
					t.Errorf("%v", err)
				}
			}
			if took := time.Since(begun); took > 10*time.Second || checkIndexes(t, u) != 0 {
				t.Errorf("%s", took)
			}
		})
		t.Run("of an index, "+how+", costs a number", func(t *testing.T) {
			t.Parallel()
			u := serve(t, cacheserver.Options{})
			if err := save(t.Context(), u.client(t), l); err != nil {
				t.Fatal(err)
			}
			r := start(t, losing(t, u, "index-", status))
			r.confirmed(name{bkcache.Version, l.key}, "")
			if err := export(t.Context(), r.client(t), "app", l); err != nil {
				t.Error(err)
			}
			if keys := list(t, u); checkIndexes(t, u) != 1 || !strings.HasSuffix(keys[0], "#2") {
				t.Errorf("%q", keys)
			}
		})
	}
}

func TestAKeyOfAnotherJobIsNotTakenForALostReply(t *testing.T) {
	t.Parallel()
	u, l := serve(t, cacheserver.Options{}), newLayer(1, 100)
	time.AfterFunc(3*time.Second, reserve(t, u, l))
	// The service is out of reach at first, so it has not got the request of the relay.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	server := &http.Server{Handler: u.Server, ReadHeaderTimeout: time.Minute}
	defer server.Close()
	time.AfterFunc(time.Second, func() {
		if listener, err := net.Listen("tcp", address); err == nil {
			_ = server.Serve(listener) // until Close
		}
	})
	if err := export(t.Context(), start(t, upstream{u.Server, "http://" + address}).client(t), "app", l); err != nil {
		t.Error(err)
	}
}
