package runtimeclient

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

// BlobWriter writes the content of an upload that [Service.Reserve] has begun. It repeats requests that may succeed
// later. It is safe for concurrent use.
type BlobWriter struct {
	url     string // signed
	service *Service
}

// blobVersion is the version of the Blob Storage protocol, the one of Azure's client.
const blobVersion = "2024-11-04"

// putTimeout is the longest time of an attempt.
const putTimeout = 5 * time.Minute

// Put writes the whole content, of size bytes, which open reads from the beginning. When Put returns, nobody reads it.
func (w *BlobWriter) Put(ctx context.Context, open func() io.Reader, size int64) error {
	return w.put(ctx, "", open, size)
}

// Stage writes a block like [BlobWriter.Put]. The id is in base64, and the ids of a blob have the same length.
func (w *BlobWriter) Stage(ctx context.Context, id string, open func() io.Reader, size int64) error {
	return w.put(ctx, "&comp=block&blockid="+url.QueryEscape(id), open, size)
}

// Commit makes blocks the content.
func (w *BlobWriter) Commit(ctx context.Context, ids []string) error {
	list, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"BlockList"`
		Latest  []string
	}{Latest: ids})
	if err != nil {
		return err
	}
	list = append([]byte(xml.Header), list...)
	return w.put(ctx, "&comp=blocklist", func() io.Reader { return bytes.NewReader(list) }, int64(len(list)))
}

func (w *BlobWriter) put(ctx context.Context, query string, open func() io.Reader, size int64) error {
	_, err := w.service.repeat(ctx, w.service.contents, func() (int, http.Header, error) {
		return w.try(ctx, query, open(), size)
	})
	return err
}

func (w *BlobWriter) try(ctx context.Context, query string, content io.Reader, size int64) (int, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	body := &sentBody{content: content, left: size}
	defer body.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, w.url+query, body)
	if err != nil {
		return http.StatusBadRequest, nil, httpclient.RedactSigned(err, w.service.opts.Token)
	}
	req.ContentLength = size
	req.Header.Set("X-Ms-Version", blobVersion)
	req.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	if size == 0 {
		req.Body = http.NoBody
	}
	resp, err := w.service.client.Do(req)
	if err != nil {
		return 0, nil, httpclient.RedactSigned(err, w.service.opts.Token)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if resp.StatusCode == http.StatusCreated {
		return resp.StatusCode, nil, nil
	}
	return resp.StatusCode, resp.Header, w.service.refusal(resp, "PUT", text)
}

// stream sends content in blocks, some of them ahead, with Azure's client. It does not send what content fails on.
func (w *BlobWriter) stream(ctx context.Context, content io.Reader) error {
	var opts blockblob.ClientOptions
	opts.Transport = &http.Client{Transport: azureTransport{w.service.client.Transport}}
	client, err := blockblob.NewClientWithNoCredential(w.url, &opts)
	if err == nil {
		_, err = client.UploadStream(ctx, content, &blockblob.UploadStreamOptions{BlockSize: blockSize, Concurrency: blocksAhead})
	}
	return err
}

// Get requests the content at a signed URL, from an offset on: n bytes, or all if n is 0. It sends the request once. The
// reply has status 200 or 206; any other one is a [ServiceError].
func (s *Service) Get(ctx context.Context, signed string, off, n int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, signed, nil)
	if err != nil {
		return nil, httpclient.RedactSigned(err, s.opts.Token)
	}
	switch {
	case n > 0:
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+n-1))
	case off > 0:
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", off))
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, httpclient.RedactSigned(err, s.opts.Token)
	}
	if resp.StatusCode == http.StatusOK && off == 0 || resp.StatusCode == http.StatusPartialContent {
		return resp, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	return nil, s.refusal(resp, "GET", text)
}
