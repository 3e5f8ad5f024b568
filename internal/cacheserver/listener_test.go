package cacheserver

import (
	"context"
	"io"
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
