package cacheserver

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

func azure(t testing.TB, url string) *blockblob.Client {
	t.Helper()
	c, err := blockblob.NewClientWithNoCredential(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAzureClientRoundTrips(t *testing.T) {
	want := randomBytes(9<<20 + 5)
	for name, upload := range map[string]func(*testing.T, *blockblob.Client) error{
		"one block after the other": func(t *testing.T, c *blockblob.Client) error {
			_, err := c.UploadStream(t.Context(), bytes.NewReader(want), nil)
			return err
		},
		"many blocks at a time": func(t *testing.T, c *blockblob.Client) error {
			_, err := c.UploadStream(t.Context(), bytes.NewReader(want), &blockblob.UploadStreamOptions{BlockSize: 1 << 20, Concurrency: 8})
			return err
		},
		"in one piece": func(t *testing.T, c *blockblob.Client) error {
			_, err := c.Upload(t.Context(), streaming.NopCloser(bytes.NewReader(want)), nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Options{})
			id, up, down := s.reserve(t)
			if err := upload(t, azure(t, up)); err != nil {
				t.Fatal(err)
			}
			if err := s.entries.Finish(id, int64(len(want))); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(want))
			if _, err := azure(t, down).DownloadBuffer(t.Context(), got, &azblob.DownloadBufferOptions{BlockSize: 1 << 20, Concurrency: 4}); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Error("what came down is not what went up")
			}
			properties, err := azure(t, down).GetProperties(t.Context(), nil)
			if err != nil || *properties.ContentLength != int64(len(want)) || *properties.BlobType != azblob.BlobTypeBlockBlob {
				t.Errorf("properties %+v, %v", properties, err)
			}
		})
	}
}

func TestAzureClientSeesAzureErrors(t *testing.T) {
	s := serve(t, Options{})
	_, up, down := s.reserve(t)
	ctx := t.Context()
	body := func() io.ReadSeekCloser { return streaming.NopCloser(strings.NewReader("x")) }
	block := base64.StdEncoding.EncodeToString([]byte("a block"))

	_, err := azure(t, up).CommitBlockList(ctx, []string{block}, nil)
	wantCode(t, "an unknown block", err, bloberror.InvalidBlockList)
	_, err = azure(t, down).Upload(ctx, body(), nil)
	wantCode(t, "writing with a URL to read", err, bloberror.AuthenticationFailed)
	_, err = azure(t, up).GetProperties(ctx, nil)
	wantCode(t, "reading with a URL to write", err, bloberror.AuthenticationFailed)
	_, err = azure(t, down).DownloadStream(ctx, nil)
	wantCode(t, "an unfinished upload", err, bloberror.BlobNotFound)

	finished := s.save(t, mainRef, "finished", "content")
	_, err = azure(t, s.blobURL(s.url, finished, toWrite)).Upload(ctx, body(), nil)
	wantCode(t, "a finished entry", err, "BlobImmutableDueToPolicy")
	_, err = azure(t, s.blobURL(s.url, finished, toRead)).DownloadStream(ctx, &azblob.DownloadStreamOptions{Range: azblob.HTTPRange{Offset: 7}})
	wantCode(t, "a range after the end", err, bloberror.InvalidRange)
	_, err = azure(t, s.blobURL(s.url, 999, toWrite)).StageBlock(ctx, block, body(), nil)
	wantCode(t, "no upload", err, bloberror.BlobNotFound)
}

func wantCode(t *testing.T, name string, err error, code bloberror.Code) {
	t.Helper()
	if !bloberror.HasCode(err, code) {
		t.Errorf("%s: %v, want %s", name, err, code)
	}
}

func TestBlobURLIsVerified(t *testing.T) {
	c := &clock{now: time.Now()}
	s := serve(t, Options{Now: c.Now})
	id, other := s.save(t, mainRef, "key", "content"), s.save(t, mainRef, "other", "secret")
	url := s.blobURL(s.url, id, toRead)
	get := func(url string) int { return s.do(t, "GET", url, "", "").status }
	for name, forged := range map[string]string{
		"another blob":     strings.Replace(url, fmt.Sprintf("cache/%d?", id), fmt.Sprintf("cache/%d?", other), 1),
		"a later expiry":   strings.Replace(url, "se=2", "se=3", 1),
		"no signature":     strings.Split(url, "sig=")[0],
		"other permission": strings.Replace(url, "sp=r", "sp=cw", 1) + "&sp=cw",
		"no query":         strings.Split(url, "?")[0],
	} {
		if name == "other permission" {
			if got := s.do(t, "PUT", forged, "", "x", "X-Ms-Blob-Type", "BlockBlob"); got.status != 403 {
				t.Errorf("%s: %d", name, got.status)
			}
			continue
		}
		if status := get(forged); status != 403 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status := get(url + "&timeout=30"); status != 200 {
		t.Errorf("with a timeout: %d", status)
	}
	c.advance(readable)
	if status := get(url); status != 403 {
		t.Errorf("expired: %d", status)
	}
}

func TestRangesOfBlobs(t *testing.T) {
	s := serve(t, Options{})
	full, empty := s.save(t, mainRef, "key", "0123456789"), s.save(t, mainRef, "empty", "")
	tests := map[string]struct {
		id      int64
		headers []string
		status  int
		body    string
		want    string // Content-Range
	}{
		"all":                         {full, nil, 200, "0123456789", ""},
		"from an offset":              {full, []string{"Range", "bytes=7-"}, 206, "789", "bytes 7-9/10"},
		"some":                        {full, []string{"Range", "bytes=2-4"}, 206, "234", "bytes 2-4/10"},
		"the end":                     {full, []string{"Range", "bytes=-3"}, 206, "789", "bytes 7-9/10"},
		"more than there is":          {full, []string{"Range", "bytes=8-100"}, 206, "89", "bytes 8-9/10"},
		"x-ms-range first":            {full, []string{"Range", "bytes=0-0", "X-Ms-Range", "bytes=2-4"}, 206, "234", "bytes 2-4/10"},
		"after the end":               {full, []string{"X-Ms-Range", "bytes=10-"}, 416, "", "bytes */10"},
		"nonsense":                    {full, []string{"Range", "bytes=b-a"}, 416, "", ""},
		"empty":                       {empty, nil, 200, "", ""},
		"empty with a range":          {empty, []string{"Range", "bytes=0-"}, 200, "", ""},
		"as it was":                   {full, []string{"If-None-Match", etag(full)}, 304, "", ""},
		"only as it was":              {full, []string{"If-Match", etag(full)}, 200, "0123456789", ""},
		"only as it never was":        {full, []string{"If-Match", `"0x0"`}, 412, "", ""},
		"resumed with the right etag": {full, []string{"Range", "bytes=7-", "If-Range", etag(full)}, 206, "789", "bytes 7-9/10"},
		"resumed with another etag":   {full, []string{"Range", "bytes=7-", "If-Range", `"0x0"`}, 200, "0123456789", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := s.do(t, "GET", s.blobURL(s.url, tt.id, toRead), "", "", tt.headers...)
			if got.status != tt.status || got.status/100 == 2 && got.body != tt.body || got.header.Get("Content-Range") != tt.want {
				t.Errorf("%d %q %v", got.status, got.body, got.header)
			}
			if got.status >= 400 && got.header.Get("X-Ms-Error-Code") == "" {
				t.Error("no x-ms-error-code")
			}
			if got.header.Get("X-Ms-Version") == "" || got.status < 300 && (got.header.Get("Etag") == "" || got.header.Get("Last-Modified") == "") {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}

func TestBlobUploadRefusals(t *testing.T) {
	s := serve(t, Options{MaxSize: 1000})
	_, up, _ := s.reserve(t)
	list := func(ids ...string) string {
		return "<BlockList><Latest>" + strings.Join(ids, "</Latest><Latest>") + "</Latest></BlockList>"
	}
	tests := map[string]struct {
		query, body string
		headers     []string
		status      int
		code        string
	}{
		"no blob type":       {"", "x", nil, 400, "InvalidHeaderValue"},
		"an append blob":     {"", "x", []string{"X-Ms-Blob-Type", "AppendBlob"}, 400, "InvalidHeaderValue"},
		"an unknown comp":    {"&comp=metadata", "x", nil, 400, "InvalidQueryParameterValue"},
		"a block without id": {"&comp=block", "x", nil, 400, "InvalidBlockId"},
		"a block id beyond":  {"&comp=block&blockid=" + strings.Repeat("a", maxBlockID+1), "x", nil, 400, "InvalidBlockId"},
		"more than the disk": {"&comp=block&blockid=a", strings.Repeat("x", 1001), nil, 413, "RequestBodyTooLarge"},
		"no XML":             {"&comp=blocklist", "x", nil, 400, "InvalidXmlDocument"},
		"another XML":        {"&comp=blocklist", "<Blocks/>", nil, 400, "InvalidXmlDocument"},
		"another list":       {"&comp=blocklist", "<BlockList><Newest>a</Newest></BlockList>", nil, 400, "InvalidXmlDocument"},
		"a committed block":  {"&comp=blocklist", "<BlockList><Committed>a</Committed></BlockList>", nil, 400, "InvalidXmlDocument"},
		"the hidden block":   {"&comp=blocklist", list(""), nil, 400, "InvalidXmlDocument"},
		"an unknown block":   {"&comp=blocklist", list("a"), nil, 400, "InvalidBlockList"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := s.do(t, "PUT", up+tt.query, "", tt.body, tt.headers...)
			if got.status != tt.status || got.header.Get("X-Ms-Error-Code") != tt.code || !strings.Contains(got.body, "<Code>"+tt.code) {
				t.Errorf("%d %v %s, want %d %s", got.status, got.header, got.body, tt.status, tt.code)
			}
		})
	}
	if got := s.do(t, "PUT", up, "", "", "X-Ms-Blob-Type", "BlockBlob", "Transfer-Encoding", "chunked"); got.status != 201 {
		t.Errorf("an empty blob: %d %s", got.status, got.body)
	}
	unknown := io.MultiReader(strings.NewReader("of unknown length"))
	r, err := http.NewRequest("PUT", up, unknown)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != http.StatusLengthRequired {
		t.Errorf("without a length: %s", resp.Status)
	}
}

func TestBlockListKeepsTheOrder(t *testing.T) {
	got, err := parseBlockList(strings.NewReader(`<?xml version="1.0" encoding="utf-8"?>
		<BlockList><Latest>YQ==</Latest><Uncommitted>Yg==</Uncommitted><Latest>YQ==</Latest></BlockList>`))
	if want := []string{"YQ==", "Yg==", "YQ=="}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzBlockList(f *testing.F) {
	f.Add(`<BlockList><Latest>YQ==</Latest></BlockList>`)
	f.Add(`<BlockList/>`)
	f.Add(`<!DOCTYPE x [<!ENTITY a "b">]><BlockList><Latest>&a;</Latest></BlockList>`)
	f.Fuzz(func(t *testing.T, body string) {
		ids, err := parseBlockList(strings.NewReader(body))
		if slices.Contains(ids, wholeBlob) || err != nil && ids != nil {
			t.Fatalf("%q is %q, %v", body, ids, err)
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, seed := range []string{"bytes=0-", "bytes=-3", "bytes=5-2", "bytes=0-1,3-4", "bytes=99999999999999999999-", "lines=1"} {
		f.Add(seed)
	}
	s := serve(f, Options{})
	const content = "0123456789"
	url := strings.TrimPrefix(s.blobURL(s.url, s.save(f, mainRef, "key", content), toRead), s.url)
	f.Fuzz(func(t *testing.T, header string) {
		r, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["X-Ms-Range"] = []string{header}
		w := newRecorder(s, r)
		switch w.Code {
		case 200, 416:
		case 206:
			if !strings.Contains(w.Header().Get("Content-Type"), "multipart") && !strings.Contains(content, w.Body.String()) {
				t.Fatalf("%q: %q", header, w.Body)
			}
		default:
			t.Fatalf("%q: %d", header, w.Code)
		}
	})
}
