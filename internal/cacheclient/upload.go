package cacheclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

const (
	// go-actions-cache sends one MiB after the other, which is slow over a distance.
	// An upload takes blockSize times blocksAhead of memory.
	blockSize   = 4 << 20
	blocksAhead = 4

	// callTimeout is how long BuildKit waits for a service that throttles.
	callTimeout = 10 * time.Minute
)

// Uploader is a [Runtime] of version 2 that also saves entries.
type Uploader struct {
	*Runtime
	client *http.Client
	now    func() time.Time
}

// NewUploader returns an uploader for a runtime of version 2.
func NewUploader(r *Runtime, now func() time.Time) *Uploader {
	return &Uploader{Runtime: r, client: &http.Client{Transport: newTransport()}, now: now}
}

// Upload stores size bytes of content under a key, on the ref that the token may
// write. The entry appears only after content has ended with io.EOF, so that a reader
// can still reject the bytes. Upload returns [io/fs.ErrExist] if the entry exists, or
// if another upload has reserved its key. An unfinished upload reserves its key until
// the service drops it.
func (u *Uploader) Upload(ctx context.Context, key string, content io.Reader, size int64) error {
	return u.saving(key, u.upload(ctx, key, content, func() int64 { return size }))
}

// Save is [Uploader.Upload] of content whose size is known at its end. It returns the size in bytes.
func (u *Uploader) Save(ctx context.Context, key string, content io.Reader) (int64, error) {
	counted := &counter{r: content}
	err := u.upload(ctx, key, counted, func() int64 { return counted.n })
	return counted.n, u.saving(key, err)
}

func (u *Uploader) saving(key string, err error) error {
	if err != nil {
		return fmt.Errorf("saving cache %q: %w", key, redactSigned(err, u.token))
	}
	return nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (u *Uploader) upload(ctx context.Context, key string, content io.Reader, size func() int64) error {
	var created struct {
		OK      bool   `json:"ok"`
		URL     string `json:"signed_upload_url"`
		Message string `json:"message"`
	}
	if err := u.call(ctx, "CreateCacheEntry", map[string]any{"key": key, "version": bkcache.Version}, &created); err != nil {
		return err
	}
	if !created.OK {
		return hint.With(fmt.Errorf("the service rejected it: %s", created.Message), "a runtime token with write permission")
	}
	if err := u.put(ctx, created.URL, content); err != nil {
		return err
	}
	var finished struct {
		OK      bool   `json:"ok"`
		Message string `json:"message"`
	}
	// int64 is a string in the JSON of protobuf.
	finish := map[string]any{"key": key, "version": bkcache.Version, "size_bytes": strconv.FormatInt(size(), 10)}
	if err := u.call(ctx, "FinalizeCacheEntryUpload", finish, &finished); err != nil {
		return err
	}
	if finished.OK {
		return nil
	}
	// An earlier call may have committed it, and its reply was lost.
	if there, err := u.Has(ctx, key); there || err != nil {
		return err
	}
	return fmt.Errorf("the service did not commit it: %s", finished.Message)
}

// put sends content to a signed URL in blocks. Azure's client repeats blocks that fail.
func (u *Uploader) put(ctx context.Context, url string, content io.Reader) error {
	var opts blockblob.ClientOptions
	opts.Transport = u.client
	client, err := blockblob.NewClientWithNoCredential(url, &opts)
	if err != nil {
		return err
	}
	_, err = client.UploadStream(ctx, content, &blockblob.UploadStreamOptions{BlockSize: blockSize, Concurrency: blocksAhead})
	return err
}

// call calls a method of the service, and repeats calls that may succeed later.
func (u *Uploader) call(ctx context.Context, method string, request, reply any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return retry(ctx, func(int) (again bool, wait time.Duration, err error) {
		return u.try(ctx, method, body, reply)
	})
}

// try calls once. It tells whether to call again, and when, if the service says so.
func (u *Uploader) try(ctx context.Context, method string, body []byte, reply any) (again bool, wait time.Duration, err error) {
	url := strings.TrimRight(u.cache.URL, "/") + "/twirp/github.actions.results.api.v1.CacheService/" + method
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false, 0, err
	}
	req.Header.Set("Authorization", "Bearer "+u.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := u.client.Do(req)
	if err != nil {
		return passing(err), 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 32<<10))
	if err != nil {
		return true, 0, err
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		return false, 0, json.Unmarshal(text, reply)
	case resp.StatusCode == http.StatusConflict:
		return false, 0, fs.ErrExist
	}
	wait, _ = retryAfter(resp.Header, u.now())
	again = resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= http.StatusInternalServerError
	return again, wait, fmt.Errorf("%s %s: %s: %s", req.Method, url, resp.Status, text)
}
