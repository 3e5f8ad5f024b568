package cacheserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"golang.org/x/sync/errgroup"
)

// uploads are the two ways in which clients upload: BuildKit a block of 1 MiB after the other, the toolkit several large
// blocks at a time.
func uploads() map[string]*blockblob.UploadStreamOptions {
	return map[string]*blockblob.UploadStreamOptions{
		"1MiBx1":  nil,
		"64MiBx8": {BlockSize: 64 << 20, Concurrency: 8},
	}
}

// BenchmarkGibibyte puts 1 GiB up and down through azblob, by turns into the service and into a bare handler that copies
// to a file and serves it. The metric up/bare and down/bare is the ratio of their speeds: above 1 the service is faster.
func BenchmarkGibibyte(b *testing.B) {
	for name, opts := range uploads() {
		b.Run(name, func(b *testing.B) {
			var up, down, bareUp, bareDown time.Duration
			service := func() {
				s := serve(b, Options{Dir: b.TempDir()})
				id, upload, download := s.reserve(b)
				settleDisk(b)
				up += measure(b, func() error {
					if err := put(b.Context(), upload, opts); err != nil {
						return err
					}
					return s.entries.Finish(id, 1<<30)
				})
				down += measure(b, func() error { return get(b.Context(), download) })
				if err := s.entries.Delete(id); err != nil {
					b.Fatal(err)
				}
			}
			bare := func() {
				bare, cleanup := bareService(b)
				settleDisk(b)
				bareUp += measure(b, func() error { return put(b.Context(), bare, opts) })
				bareDown += measure(b, func() error { return get(b.Context(), bare) })
				cleanup()
			}
			for first, second := service, bare; b.Loop(); first, second = second, first {
				first() // who comes first may find memory that the machine has to get back
				second()
			}
			gib := float64(b.N)
			b.ReportMetric(gib*1024/up.Seconds(), "up-MiB/s")
			b.ReportMetric(gib*1024/down.Seconds(), "down-MiB/s")
			b.ReportMetric(bareUp.Seconds()/up.Seconds(), "up/bare")
			b.ReportMetric(bareDown.Seconds()/down.Seconds(), "down/bare")
			b.ReportMetric((bareUp+bareDown).Seconds()/(up+down).Seconds(), "both/bare")
		})
	}
}

// BenchmarkThousandEntries reserves, uploads and finishes 1,000 small entries with 16 clients.
func BenchmarkThousandEntries(b *testing.B) {
	for b.Loop() {
		s := serve(b, Options{Dir: b.TempDir()})
		c := s.cache(b, true)
		var clients errgroup.Group
		clients.SetLimit(16)
		for i := range 1000 {
			clients.Go(func() error { return c.Save(b.Context(), fmt.Sprintf("key-%d", i), blobOf(1000)) })
		}
		if err := clients.Wait(); err != nil {
			b.Fatal(err)
		}
		if count, _ := s.entries.Usage(); count != 1000 {
			b.Fatalf("%d entries", count)
		}
	}
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func (s service) reserve(t testing.TB) (id int64, upload, download string) {
	t.Helper()
	return s.reserveKey(t, "key")
}

func (s service) reserveKey(t testing.TB, key string) (id int64, upload, download string) {
	t.Helper()
	id, err := s.entries.Reserve(store.Name{Ref: mainRef, Version: "v", Key: key}, "")
	if err != nil {
		t.Fatal(err)
	}
	return id, s.blobURL(s.url, id, toWrite), s.blobURL(s.url, id, toRead)
}

func measure(b *testing.B, f func() error) time.Duration {
	b.Helper()
	start := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func put(ctx context.Context, url string, opts *blockblob.UploadStreamOptions) error {
	c, err := blockblob.NewClientWithNoCredential(url, nil)
	if err != nil {
		return err
	}
	_, err = c.UploadStream(ctx, io.LimitReader(zeros{}, 1<<30), opts)
	return err
}

func get(ctx context.Context, url string) error {
	c, err := blockblob.NewClientWithNoCredential(url, nil)
	if err != nil {
		return err
	}
	resp, err := c.DownloadStream(ctx, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.CopyBuffer(io.Discard, resp.Body, make([]byte, 1<<20))
	if err == nil && n != 1<<30 {
		err = fmt.Errorf("got %d bytes", n)
	}
	return err
}

// settleDisk waits until nothing is left to be written: the kernel slows the next writer down for it.
func settleDisk(b *testing.B) {
	if out, err := exec.Command("sync").CombinedOutput(); err != nil {
		b.Fatalf("sync: %v: %s", err, out)
	}
}

// bareService appends whatever blocks come to one file, without a sync, and serves that.
func bareService(b *testing.B) (url string, cleanup func()) {
	dir := b.TempDir()
	file, err := os.Create(filepath.Join(dir, "blob"))
	if err != nil {
		b.Fatal(err)
	}
	files := http.FileServer(http.Dir(dir))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			files.ServeHTTP(w, r)
			return
		}
		if r.URL.Query().Get("comp") == "block" {
			if _, err := io.Copy(file, r.Body); err != nil {
				b.Error(err)
			}
		}
		w.Header().Set("X-Ms-Request-Id", "1")
		w.WriteHeader(http.StatusCreated)
	}))
	return server.URL + "/blob", func() {
		server.Close()
		if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil {
			b.Error(err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
