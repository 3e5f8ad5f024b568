package e2e

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A mishap is what happens to a request on its way to the service.
type mishap int

const (
	none mishap = iota
	throttledRequest
	failedRequest
	resetRequest // before the service gets it
	slowRequest
	slowReply
	lostReply // after the service has answered
	mishaps
)

func (m mishap) String() string {
	return [...]string{"passed", "429", "5xx", "reset", "slow request", "slow reply", "lost reply"}[m]
}

// line is the way to a service, on which requests have mishaps.
type line struct {
	url    string
	loses  bool // also replies to writes
	faulty atomic.Bool
	counts [mishaps]atomic.Int64
	proxy  *httputil.ReverseProxy
}

// startLine begins without faults. The service makes its URLs of the address that its client uses, so that blobs go this way, too.
func startLine(t *testing.T, service string, loses bool) *line {
	t.Helper()
	target, err := url.Parse(service)
	check(t, err)
	l := &line{loses: loses}
	l.proxy = &httputil.ReverseProxy{
		Transport: &http.Transport{DisableKeepAlives: true}, // so that the service has no connections left when nobody builds
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { reset(w) }, // the service was killed
	}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.url = server.URL + "/"
	return l
}

// fate of a request. go-actions-cache takes a layer that it has reserved without learning of it for one that somebody else
// saves, and BuildKit then references it. Only the relay copes with that.
func (l *line) fate(r *http.Request) mishap {
	if !l.faulty.Load() {
		return none
	}
	switch n := rand.IntN(100); {
	case n < 2:
		return throttledRequest
	case n < 5:
		return failedRequest
	case n < 7:
		return resetRequest
	case n < 10:
		return slowRequest
	case n < 18:
		return slowReply
	case n < 20 && (l.loses || r.Method == http.MethodGet):
		return lostReply
	}
	return none
}

// ServeHTTP reads the request as a whole first: BuildKit may crash where it gets a reply to a layer that it is still sending.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := l.fate(r)
	l.counts[m].Add(1)
	if m == slowRequest {
		r.Body = io.NopCloser(slowly(r.Body))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch m {
	case throttledRequest:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case failedRequest:
		w.WriteHeader([]int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable}[rand.IntN(3)])
	case resetRequest:
		reset(w)
	case lostReply:
		l.proxy.ServeHTTP(httptest.NewRecorder(), r)
		reset(w)
	case slowReply:
		l.proxy.ServeHTTP(slowWriter{w}, r)
	default:
		l.proxy.ServeHTTP(w, r)
	}
}

func (l *line) String() string {
	var said []string
	for m := range mishaps {
		said = append(said, fmt.Sprintf("%d %s", l.counts[m].Load(), m))
	}
	return strings.Join(said, ", ")
}

// reset ends a connection as a crashed machine does.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // a recorder
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// crawl is the size of the steps in which slow connections go on.
const crawl = 64 << 10

type slowReader struct{ io.Reader }

func slowly(r io.Reader) io.Reader { return slowReader{r} }

func (s slowReader) Read(p []byte) (int, error) {
	time.Sleep(5 * time.Millisecond)
	return s.Reader.Read(p[:min(len(p), crawl)])
}

type slowWriter struct{ http.ResponseWriter }

func (s slowWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s slowWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		time.Sleep(20 * time.Millisecond)
		var some int
		some, err = s.ResponseWriter.Write(p[:min(len(p), crawl)])
		n, p = n+some, p[some:]
	}
	return n, err
}
