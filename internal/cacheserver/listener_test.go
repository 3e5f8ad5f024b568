package cacheserver

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

func TestServeFinishesTheRequestsUnderWay(t *testing.T) {
	s := serve(t, Options{})
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()

	s.url = "http://" + l.Addr().String()
	_, up, _ := s.reserve(t)
	body, rest := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), "PUT", up, body)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 2
	r.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	r.Header.Set("Expect", "100-continue") // the body is read once the service asks for it
	go func() {
		rest.Write([]byte("1"))
		cancel()
		time.Sleep(50 * time.Millisecond)
		rest.Write([]byte("2"))
		rest.Close()
	}()
	resp, err := (&http.Transport{ExpectContinueTimeout: time.Minute}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != http.StatusCreated {
		t.Errorf("PUT: %s", resp.Status)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// oneConn is a listener to which one client comes.
type oneConn chan net.Conn

func (l oneConn) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l oneConn) Close() error { close(l); return nil }

func (l oneConn) Addr() net.Addr { return &net.TCPAddr{} }

func TestServeClosesIdleConnections(t *testing.T) {
	piped(t, func(t *testing.T, _ *Server, client net.Conn) {
		if _, err := io.WriteString(client, "GET /rate_limit HTTP/1.1\r\nHost: service\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		replies := bufio.NewReader(client)
		resp, err := http.ReadResponse(replies, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := client.SetDeadline(start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		_, err = replies.ReadByte()
		if idle := time.Since(start); !errors.Is(err, io.EOF) || idle < 90*time.Second {
			t.Errorf("%v after %v", err, idle)
		}
	})
}
