package cacheclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// BlobWriter writes the content of an upload that [Service.Reserve] has begun. It repeats requests that may succeed
// later. It is safe for concurrent use.
type BlobWriter struct {
	client  *blockblob.Client
	service *Service
}

// Put writes the whole content.
func (w *BlobWriter) Put(ctx context.Context, content io.ReadSeeker) error {
	_, err := w.client.Upload(ctx, streaming.NopCloser(content), nil)
	return w.explain(err)
}

// Stage writes a block. The id is in base64, and the ids of a blob have the same length.
func (w *BlobWriter) Stage(ctx context.Context, id string, content io.ReadSeeker) error {
	_, err := w.client.StageBlock(ctx, id, streaming.NopCloser(content), nil)
	return w.explain(err)
}

// Commit makes blocks the content.
func (w *BlobWriter) Commit(ctx context.Context, ids []string) error {
	_, err := w.client.CommitBlockList(ctx, ids, nil)
	return w.explain(err)
}

// stream sends content in blocks, some of them ahead. Azure's client does not send what content fails on.
func (w *BlobWriter) stream(ctx context.Context, content io.Reader) error {
	_, err := w.client.UploadStream(ctx, content, &blockblob.UploadStreamOptions{BlockSize: blockSize, Concurrency: blocksAhead})
	return err
}

func (w *BlobWriter) explain(err error) error {
	if err == nil {
		return nil
	}
	return redactSigned(err, w.service.opts.Token)
}

// Backoff waits before the next attempt of a request that failed: as long as the service asks for, or a time that doubles.
func Backoff(ctx context.Context, err error, attempt int) error {
	wait := min(backoff(attempt), maxBackoff)
	if refused, ok := errors.AsType[*ServiceError](err); ok && refused.after > 0 {
		wait = refused.after
	}
	return sleep(ctx, wait)
}

// Get requests the content at a signed URL, from an offset on: n bytes, or all if n is 0. It sends the request once. The
// reply has status 200 or 206; any other one is a [ServiceError].
func (s *Service) Get(ctx context.Context, url string, off, n int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, redactSigned(err, s.opts.Token)
	}
	switch {
	case n > 0:
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+n-1))
	case off > 0:
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", off))
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, redactSigned(err, s.opts.Token)
	}
	if resp.StatusCode == http.StatusOK && off == 0 || resp.StatusCode == http.StatusPartialContent {
		return resp, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	return nil, s.refusal(resp, "GET", text)
}
