package cacheserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// piped runs test against a service over one connection, in the time of a bubble.
func piped(t *testing.T, test func(t *testing.T, s *Server, client net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		client, server := net.Pipe()
		l := make(oneConn, 1)
		l <- server
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, l) }()
		test(t, s, client)
		cancel()
		if err := errors.Join(<-ended, client.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
}

// untilClosed reads until the service closes the connection, and returns how long that took.
func untilClosed(t *testing.T, client net.Conn) (reply string, took time.Duration) {
	t.Helper()
	start := time.Now()
	if err := client.SetReadDeadline(start.Add(3 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(client)
	if err != nil {
		t.Errorf("reading the reply: %v", err)
	}
	return string(data), time.Since(start)
}

func TestNobodyHoldsAConnectionWithoutAToken(t *testing.T) {
	for path, patience := range map[string]time.Duration{
		"POST " + twirpPath + "CreateCacheEntry": 10 * time.Second, "POST " + v1Path + "caches": 10 * time.Second,
		"PATCH " + v1Path + "caches/1": 10 * time.Second, "PUT /repos/local/repo/actions/cache/storage-limit": 10 * time.Second,
		"POST /":                              10 * time.Second,
		"PUT /devstoreaccount1/cache/1?sig=x": 2 * stall, // BuildKit must see that its URL has expired
	} {
		piped(t, func(t *testing.T, _ *Server, client net.Conn) {
			go io.WriteString(client, path+" HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
			reply, took := untilClosed(t, client)
			if took > patience || !strings.HasPrefix(reply, "HTTP/1.1 40") {
				t.Errorf("%s: %.60q after %v", path, reply, took)
			}
		})
	}
}

func TestNobodyHoldsAConnectionWithoutARequest(t *testing.T) {
	for name, send := range map[string]func(net.Conn){
		"nothing": func(net.Conn) {},
		"headers without an end": func(client net.Conn) {
			io.WriteString(client, "GET /healthz HTTP/1.1\r\n")
			for err := error(nil); err == nil; time.Sleep(5 * time.Second) {
				_, err = io.WriteString(client, "X: y\r\n")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			piped(t, func(t *testing.T, _ *Server, client net.Conn) {
				var sender sync.WaitGroup
				sender.Go(func() { send(client) })
				defer sender.Wait()
				if _, took := untilClosed(t, client); took > stall {
					t.Errorf("closed after %v", took)
				}
			})
		})
	}
}

func TestStalledUploadEnds(t *testing.T) {
	for name, send := range map[string]func(io.Writer){
		"stalled": func(w io.Writer) { io.WriteString(w, "x") },
		"a byte every 50 seconds": func(w io.Writer) {
			for err := error(nil); err == nil; time.Sleep(50 * time.Second) {
				_, err = io.WriteString(w, "x")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			piped(t, func(t *testing.T, s *Server, client net.Conn) {
				up := uploadURL(t, s)
				var sender sync.WaitGroup
				sender.Go(func() {
					fmt.Fprintf(client, "PUT %s&comp=block&blockid=YQ== HTTP/1.1\r\nHost: service\r\nContent-Length: 1000000\r\n\r\n", up.RequestURI())
					send(client)
				})
				defer sender.Wait()
				reply, took := untilClosed(t, client)
				if took > 5*stall || !strings.HasPrefix(reply, "HTTP/1.1 400 ") {
					t.Errorf("%.60q after %v", reply, took)
				}
			})
		})
	}
}

func uploadURL(t *testing.T, s *Server) *url.URL {
	t.Helper()
	_, text, _ := service{Server: s, url: "http://service"}.reserve(t)
	up, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return up
}

func TestStalledDownloadEnds(t *testing.T) {
	piped(t, func(t *testing.T, s *Server, client net.Conn) {
		id := service{Server: s}.save(t, mainRef, "key", strings.Repeat("x", 1<<20))
		down, err := url.Parse(s.blobURL("http://service", id, toRead))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := io.WriteString(client, "GET "+down.RequestURI()+" HTTP/1.1\r\nHost: service\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * stall) // without reading
		data, err := io.ReadAll(client)
		if took := time.Since(start); took > 3*stall || len(data) > 1<<19 {
			t.Errorf("%d bytes, %v after %v", len(data), err, took)
		}
	})
}

// An upload that goes on is not cut, however long it takes.
func TestSlowUploadIsTaken(t *testing.T) {
	piped(t, func(t *testing.T, s *Server, client net.Conn) {
		up := uploadURL(t, s)
		const pieces = 500
		go func() {
			fmt.Fprintf(client, "PUT %s&comp=block&blockid=YQ== HTTP/1.1\r\nHost: service\r\nContent-Length: %d\r\n\r\n", up.RequestURI(), pieces*1_000_000)
			piece := strings.Repeat("x", 1_000_000)
			for range pieces {
				time.Sleep(30 * time.Second)
				io.WriteString(client, piece)
			}
		}()
		if err := client.SetReadDeadline(time.Now().Add(24 * time.Hour)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != http.StatusCreated {
			t.Error(resp.Status)
		}
	})
}

// A client that sends all of its body before it reads the reply gets the reply. BuildKit 0.33 dies if it does not.
func TestErrorsComeAfterTheBody(t *testing.T) {
	c := &clock{now: time.Now()}
	s := serve(t, Options{Now: c.Now, Faults: faultsOf(t, "PUT /*?*blockid=faulty*:503")})
	_, up, _ := s.reserve(t)
	_, expired, _ := s.reserveKey(t, "expired")
	_, gone, _ := s.reserveKey(t, "gone")
	gone = strings.Replace(gone, "/cache/", "/cache/9", 1)
	c.advance(writeable / 2)
	fresh := s.blobURL(s.url, 1, toWrite)
	c.advance(writeable / 2)
	for name, tt := range map[string]struct {
		url    string
		status int
	}{
		"a fault":          {up + "&comp=block&blockid=faulty", 503},
		"an expired URL":   {expired + "&comp=block&blockid=YQ==", 403},
		"another's URL":    {gone + "&comp=block&blockid=YQ==", 403},
		"no block id":      {fresh + "&comp=block", 400},
		"no blob type":     {fresh, 400},
		"a long block id":  {fresh + "&comp=block&blockid=" + strings.Repeat("a", 200), 400},
		"a huge XML":       {fresh + "&comp=blocklist", 400},
		"the wrong method": {fresh + "&comp=metadata", 400},
	} {
		t.Run(name, func(t *testing.T) {
			target, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", target.Host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			const size = 12 << 20
			if _, err := fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: service\r\nContent-Length: %d\r\n\r\n", target.RequestURI(), size); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond) // the service knows already that it refuses
			if _, err := io.CopyN(conn, zeros{}, size); err != nil {
				t.Fatalf("sending the body: %v", err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("reading the reply: %v", err)
			}
			if resp.Body.Close(); resp.StatusCode != tt.status || resp.Header.Get("X-Ms-Request-Id") == "" {
				t.Errorf("%s %v", resp.Status, resp.Header)
			}
		})
	}
}
