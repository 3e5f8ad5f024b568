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
	"slices"
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
// to a file on the same disk and serves it. Only the service syncs what it stores. The metrics up/bare and down/bare are
// medians of the pairs: above 1 the service is faster.
func BenchmarkGibibyte(b *testing.B) {
	for name, opts := range uploads() {
		b.Run(name, func(b *testing.B) {
			var up, down, upBare, downBare []float64
			for first, second := transferService, transferBare; b.Loop(); first, second = second, first {
				x, y := first(b, opts), second(b, opts) // who comes first may find less of what the disk allows
				service, bare := x, y
				if y.service {
					service, bare = y, x
				}
				up, down = append(up, 1024/service.up.Seconds()), append(down, 1024/service.down.Seconds())
				upBare = append(upBare, bare.up.Seconds()/service.up.Seconds())
				downBare = append(downBare, bare.down.Seconds()/service.down.Seconds())
			}
			b.ReportMetric(median(up), "up-MiB/s")
			b.ReportMetric(median(down), "down-MiB/s")
			b.ReportMetric(median(upBare), "up/bare")
			b.ReportMetric(median(downBare), "down/bare")
		})
	}
}

// transfer is how long a gibibyte took.
type transfer struct {
	service  bool
	up, down time.Duration
}

func transferService(b *testing.B, opts *blockblob.UploadStreamOptions) transfer {
	b.Helper()
	s := serve(b, Options{Dir: b.TempDir()})
	id, upload, download := s.reserve(b)
	settle(b)
	took := transfer{service: true}
	took.up = measure(b, func() error {
		if err := put(b.Context(), upload, opts); err != nil {
			return err
		}
		return s.entries.Finish(id, 1<<30)
	})
	took.down = measure(b, func() error { return get(b.Context(), download) })
	if err := s.entries.Delete(id); err != nil {
		b.Fatal(err)
	}
	return took
}

func transferBare(b *testing.B, opts *blockblob.UploadStreamOptions) (took transfer) {
	b.Helper()
	url, cleanup := bareService(b)
	settle(b)
	took.up = measure(b, func() error { return put(b.Context(), url, opts) })
	took.down = measure(b, func() error { return get(b.Context(), url) })
	cleanup()
	return took
}

func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
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

// settle waits until nothing is left to be written: the kernel slows the next writer down for it.
func settle(b *testing.B) {
	b.Helper()
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
