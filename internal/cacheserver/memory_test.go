package cacheserver

import (
	"context"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// An entry of 512 MiB goes up and down in a heap that has no room for a tenth of it.
func TestMemoryIsFlatInEntrySize(t *testing.T) {
	s := serve(t, Options{})
	_, up, down := s.reserve(t)
	const size, allowed = 512 << 20, 48 << 20

	runtime.GC() // what earlier tests have left
	ctx, cancel := context.WithCancel(t.Context())
	peak := make(chan uint64)
	go func() {
		var most uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-ctx.Done():
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	if _, err := azure(t, up).UploadStream(ctx, io.LimitReader(zeros{}, size), &blockblob.UploadStreamOptions{Concurrency: 4}); err != nil {
		t.Fatal(err)
	}
	if status, got := s.twirp(t, "FinalizeCacheEntryUpload", s.token(t), `{"key":"key","size_bytes":536870912,"version":"v"}`); got["ok"] != true {
		t.Fatalf("%d %v", status, got)
	}
	resp, err := azure(t, down).DownloadStream(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	cancel()
	if most := <-peak; most > allowed {
		t.Errorf("the heap grew to %d MiB", most>>20)
	} else {
		t.Logf("the heap grew to %d MiB", most>>20)
	}
}
