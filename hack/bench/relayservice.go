package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

// link is the way to a service: the time that each reply takes, and bytes a second of a connection and of all of them. 0 is
// no limit.
type link struct {
	latency        time.Duration
	each, together float64
}

// remote is a fresh cache service at the end of a link.
type remote struct {
	server *cacheserver.Server
	http   *http.Server
	dir    string
	url    string
	token  string
}

func openRemote(l link) (*remote, error) {
	dir, err := os.MkdirTemp("/dev/shm", "ghacache-bench-")
	if err != nil {
		if dir, err = os.MkdirTemp("", "ghacache-bench-"); err != nil {
			return nil, err
		}
	}
	s, err := cacheserver.Open(cacheserver.Options{Dir: dir, Latency: l.latency, Log: os.Stderr})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	token, err := s.RuntimeToken([]cacheserver.RefAccess{{Ref: "refs/heads/main", Write: true}}, time.Hour)
	if err != nil {
		return nil, err
	}
	r := &remote{server: s, http: &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}, dir: dir, url: "http://" + listener.Addr().String() + "/", token: token}
	go func() { _ = r.http.Serve(slow{listener, l, &bucket{rate: l.together}}) }() // ends with close
	return r, nil
}

func (r *remote) close() error {
	return errors.Join(r.http.Close(), r.server.Close(), os.RemoveAll(r.dir))
}

// relayTo calls use with the environment of a relay to a service.
func relayTo(r *remote, prefetch string, use func(url, token string) error) error {
	relay, err := relay.New(relay.Options{Upstream: relay.Upstream{URL: r.url, Token: r.token}, Log: os.Stderr})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- relay.Serve(listener) }()
	go relay.Prefetch(context.Background(), prefetch)
	err = use(relay.Environment(listener.Addr().String()))
	return errors.Join(err, relay.Close(context.Background()), <-ended)
}

// slow is a listener whose connections have the speed of a link.
type slow struct {
	net.Listener
	link   link
	shared *bucket
}

func (l slow) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || l.link.each == 0 && l.link.together == 0 {
		return c, err
	}
	return &slowConn{c, &bucket{rate: l.link.each}, l.shared}, nil
}

type slowConn struct {
	net.Conn
	own, shared *bucket
}

func (c *slowConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.pay(n)
	return n, err
}

func (c *slowConn) Write(p []byte) (written int, err error) {
	for len(p) > 0 && err == nil {
		var n int
		n, err = c.Conn.Write(p[:min(len(p), 64<<10)])
		written, p = written+n, p[n:]
		c.pay(n)
	}
	return written, err
}

func (c *slowConn) pay(n int) {
	time.Sleep(max(c.own.take(n), c.shared.take(n)))
}

// bucket counts when the bytes that were sent are through.
type bucket struct {
	rate float64 // bytes a second; 0: no limit
	mu   sync.Mutex
	free time.Time
}

// take returns how long to wait after n bytes. Some milliseconds are let off, because sleeping is not exact.
func (b *bucket) take(n int) time.Duration {
	if b.rate == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.free.Before(now.Add(-5 * time.Millisecond)) {
		b.free = now.Add(-5 * time.Millisecond)
	}
	b.free = b.free.Add(time.Duration(float64(n) / b.rate * float64(time.Second)))
	return b.free.Sub(now)
}
