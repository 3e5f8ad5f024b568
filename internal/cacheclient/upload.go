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
	// go-actions-cache sends 1 MiB after the other. The memory of an upload is
	// these two, multiplied.
	blockSize   = 4 << 20
	blocksAhead = 4

	// callTimeout is what BuildKit waits for a throttled service.
	callTimeout = 10 * time.Minute
)

// Uploader is a [Runtime] of version 2 that saves entries from streams, faster
// than [Runtime.Save] over a distance.
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
// write. The entry appears only when content has ended with io.EOF, so that a
// reader can still object to what it has read. An entry that exists, or that
// somebody has begun, is [io/fs.ErrExist].
//
// An upload that was begun and not finished occupies its key until the service
// forgets it.
func (u *Uploader) Upload(ctx context.Context, key string, content io.Reader, size int64) error {
	err := u.upload(ctx, key, content, size)
	if err != nil {
		return fmt.Errorf("saving cache %q: %w", key, redactSigned(err, u.token))
	}
	return nil
}

func (u *Uploader) upload(ctx context.Context, key string, content io.Reader, size int64) error {
	var created struct {
		OK      bool   `json:"ok"`
		URL     string `json:"signed_upload_url"`
		Message string `json:"message"`
	}
	if err := u.call(ctx, "CreateCacheEntry", map[string]any{"key": key, "version": bkcache.Version}, &created); err != nil {
		return err
	}
	if !created.OK {
		return hint.With(fmt.Errorf("the service does not take it: %s", created.Message), "a runtime token with write permission")
	}
	if err := u.put(ctx, created.URL, content); err != nil {
		return err
	}
	var finished struct {
		OK      bool   `json:"ok"`
		Message string `json:"message"`
	}
	// int64 is a string in the JSON of protobuf.
	finish := map[string]any{"key": key, "version": bkcache.Version, "size_bytes": strconv.FormatInt(size, 10)}
	if err := u.call(ctx, "FinalizeCacheEntryUpload", finish, &finished); err != nil {
		return err
	}
	if finished.OK {
		return nil
	}
	// It may have been finished by a call whose reply was lost.
	if there, err := u.Has(ctx, key); there || err != nil {
		return err
	}
	return fmt.Errorf("the service does not finish it: %s", finished.Message)
}

// put sends content to a signed URL, in blocks that Azure's client repeats when
// they fail.
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

// call calls a method of the service, again where it failed in passing.
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

// try says whether to try again, and when if the service tells.
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
