package cacheserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	actionscache "github.com/tonistiigi/go-actions-cache"
	"golang.org/x/sync/errgroup"
)

// soakLimit is several times what the hostile clients can send while an honest one loads what it has saved, however slow the
// machine is: they take turns. With less, the least recently used entry can be one that was saved a moment ago.
const soakLimit = 256 << 20

// TestSoak has 64 clients at the service for a fifth of $SOAK (2 seconds if it is not set): honest ones on the main branch, which
// see no error and no wrong byte, and hostile ones with tokens of pull requests or none. It ends with the first error. `make soak`
// runs it for longer, and gives the rest of the time to real builds (internal/e2e).
func TestSoak(t *testing.T) {
	lasts := 2 * time.Second
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if lasts, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
		lasts /= 5
	}
	s := serve(t, Options{MaxSize: soakLimit})
	listener, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(serving, listener) }()
	s.url = "http://" + listener.Addr().String()

	begun := time.Now()
	until, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var saved, attacks, slowest atomic.Int64
	clients, until := errgroup.WithContext(until)
	for i := range 64 {
		if i%2 == 0 {
			clients.Go(func() error { return s.honest(until, t, i, &saved, &slowest) })
		} else {
			clients.Go(func() error { return s.hostile(until, t, i, &attacks) })
		}
	}
	if err := clients.Wait(); err != nil {
		t.Errorf("the first error, %v after the start: %v", time.Since(begun).Round(time.Second), err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopping: %v", err)
	}
	stats := s.entries.Stats()
	t.Logf("honest clients saved and loaded %d entries, the slowest of them in %v; hostile clients made %d attacks",
		saved.Load(), time.Duration(slowest.Load()).Round(time.Millisecond), attacks.Load())
	t.Logf("the cache has %d entries of %d MB and %d unfinished uploads of %d MB; %d entries were evicted",
		stats.Entries, stats.Bytes/1e6, stats.Uploads, stats.Pending/1e6, stats.Evicted)
	if saved.Load() == 0 || attacks.Load() == 0 {
		t.Error("there was nothing to see")
	}
	if stats.Bytes+stats.Pending > soakLimit {
		t.Errorf("that is more than the limit of %d MB", soakLimit/1_000_000)
	}
	if log := s.log.String(); strings.Contains(log, "panic") {
		t.Error("the service panicked; see its log")
	}
}

// honest saves entries, loads each at once, and compares.
func (s service) honest(until context.Context, t *testing.T, client int, saved, slowest *atomic.Int64) error {
	c := s.cache(t, client%4 == 0)
	for i := 0; until.Err() == nil; i++ {
		start := time.Now()
		if err := saveAndLoad(t.Context(), c, fmt.Sprintf("honest-%d-%d", client, i)); err != nil {
			return fmt.Errorf("honest client %d: %w", client, err)
		}
		saved.Add(1)
		for took := int64(time.Since(start)); ; {
			if most := slowest.Load(); took <= most || slowest.CompareAndSwap(most, took) {
				break
			}
		}
	}
	return nil
}

func saveAndLoad(ctx context.Context, c *actionscache.Cache, key string) error {
	size := 1 + rand.IntN(100_000)
	if err := c.Save(ctx, key, blobOf(size)); err != nil {
		return fmt.Errorf("saving %s: %w", key, err)
	}
	at := time.Now()
	e, err := c.Load(ctx, key)
	if err != nil {
		return fmt.Errorf("looking up %s: %w", key, err)
	}
	if e == nil {
		return fmt.Errorf("%s is missed, %v after it was saved", key, time.Since(at))
	}
	var got bytes.Buffer
	if err := e.WriteTo(ctx, &got); err != nil {
		return fmt.Errorf("reading %s: %w", key, err)
	}
	if !bytes.Equal(got.Bytes(), randomBytes(size)) {
		return fmt.Errorf("%s has other content than what was saved", key)
	}
	return nil
}

// hostile does what the service must withstand. What it answers is not looked at, but that it answers.
func (s service) hostile(until context.Context, t *testing.T, client int, attacks *atomic.Int64) error {
	token := s.token(t, pull(client)...)
	c, err := actionscache.New(token, s.url+"/", true, actionscache.Opt{Client: &http.Client{}})
	if err != nil {
		return err
	}
	post := func(path, token, body string) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return errors.Join(err, resp.Body.Close())
	}
	for i := 0; until.Err() == nil; i++ {
		var err error
		switch (client/2 + i) % 7 {
		case 0: // fills its ref
			_ = c.Save(t.Context(), fmt.Sprintf("flood-%d-%d", client, i), blobOf(1<<20))
		case 1: // reserves, and leaves it
			err = post(twirpPath+"CreateCacheEntry", token, fmt.Sprintf(`{"key":"left-%d-%d","version":"v"}`, client, i))
		case 2: // many keys
			err = post(twirpPath+"GetCacheEntryDownloadURL", token, `{"key":"k","version":"v","restore_keys":[`+strings.Repeat(`"a",`, 10_000)+`"b"]}`)
		case 3: // a forged token
			err = post(v1Path+"caches", token+"x", `{"key":"honest-0-0","version":"v"}`)
		case 4: // a body that does not come
			var conn net.Conn
			if conn, err = net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
				fmt.Fprintf(conn, "POST %scaches HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", v1Path)
				time.Sleep(10 * time.Millisecond)
				err = conn.Close()
			}
		case 5: // a block that is repeated, beyond the limit
			up := s.hostileUpload(t, token, fmt.Sprintf("huge-%d-%d", client, i))
			if up != "" {
				s.do(t, "PUT", up+"&comp=block&blockid=YQ==", "", strings.Repeat("x", 100_000))
				s.do(t, "PUT", up+"&comp=blocklist", "", "<BlockList>"+strings.Repeat("<Latest>YQ==</Latest>", 10_000)+"</BlockList>")
			}
		case 6: // content that is left unfinished
			if up := s.hostileUpload(t, token, fmt.Sprintf("left-%d-%d", client, i)); up != "" {
				s.do(t, "PUT", up+"&comp=block&blockid=YQ==", "", strings.Repeat("x", 300_000))
			}
		}
		if err != nil && until.Err() == nil {
			return fmt.Errorf("hostile client %d, attack %d: %w", client, (client/2+i)%7, err)
		}
		attacks.Add(1)
	}
	return nil
}

func (s service) hostileUpload(t *testing.T, token, key string) string {
	_, got := s.twirp(t, "CreateCacheEntry", token, fmt.Sprintf(`{"key":%q,"version":"v"}`, key))
	up, _ := got["signed_upload_url"].(string)
	return up
}
