package relay

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// entry is what clients may read.
type entry struct {
	id   int64
	name name
	url  string // the relay's mutex guards it; empty if it must be looked up
}

// span is the part of an entry that a client wants. n is 0 for all from off on.
type span struct {
	off, n int64
	ranged bool // it asked for a range
}

// ServeBlob passes the content on.
func (b backend) ServeBlob(w http.ResponseWriter, req *http.Request, id int64) error {
	return replyTo(b.serve(w, req, id))
}

func (r *Relay) serve(w http.ResponseWriter, req *http.Request, id int64) error {
	r.mu.Lock()
	e := r.readable[id]
	r.mu.Unlock()
	if e == nil {
		return store.ErrNotFound
	}
	ctx := req.Context()
	var failure error // of the upload, in which case the service may have the entry from somebody else
	if upload := r.sending(e.name); upload != nil {
		if failure = upload.wait(ctx); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if bkcache.ParseKey(e.name.key, e.name.version).Kind == bkcache.KindIndex {
		return r.serveIndex(w, req, e)
	}
	if r.local.serve(w, req, e.name, &r.counts) {
		return nil
	}
	s := parseRange(req.Header.Get("Range"))
	first := s.n
	if size := r.sizeOf(e.name); size-s.off > parallelFrom && (s.n == 0 || s.n > parallelFrom) {
		first = rangeSize
	}
	resp, err := r.get(ctx, e, s.off, first)
	if err != nil {
		return cmp.Or(failure, err)
	}
	defer resp.Body.Close()
	total, err := totalOf(resp)
	if err != nil {
		return err
	}
	end := total
	if s.n > 0 {
		end = min(s.off+s.n, total)
	}
	writeHead(w, s, end, total)
	out := io.Writer(w)
	var c *copying
	if s.off == 0 && end == total {
		if c = r.copy(e.name, total); c != nil {
			out = io.MultiWriter(w, c)
		}
	}
	sent, err := r.stream(ctx, out, e, resp, s.off, end)
	c.end(err)
	r.counts.read(sent)
	if err != nil {
		r.logf("reading cache %q: %v", e.name.key, err)
		panic(http.ErrAbortHandler) // the client sees that it is not all, and continues there
	}
	return nil
}

func (r *Relay) sizeOf(n name) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sizes[n.key]
}

// parseRange reads bytes=A- and bytes=A-B. HTTP allows to ignore all others.
func parseRange(header string) span {
	from, to, ok := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	off, err := strconv.ParseInt(from, 10, 64)
	if !ok || err != nil || off < 0 {
		return span{}
	}
	if to == "" {
		return span{off: off, ranged: true}
	}
	last, err := strconv.ParseInt(to, 10, 64)
	if err != nil || last < off {
		return span{}
	}
	return span{off, last - off + 1, true}
}

// totalOf is the size of the whole content.
func totalOf(resp *http.Response) (int64, error) {
	if resp.StatusCode == http.StatusOK {
		if resp.ContentLength < 0 {
			return 0, errors.New("the service does not tell the size")
		}
		return resp.ContentLength, nil
	}
	_, text, _ := strings.Cut(resp.Header.Get("Content-Range"), "/")
	total, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading the range %q of the service", resp.Header.Get("Content-Range"))
	}
	return total, nil
}

func writeHead(w http.ResponseWriter, s span, end, total int64) {
	h := w.Header()
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(end-s.off, 10))
	if !s.ranged {
		w.WriteHeader(http.StatusOK)
		return
	}
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", s.off, end-1, total))
	w.WriteHeader(http.StatusPartialContent)
}

// serveIndex reads all of an index first, to learn what it references and to merge it with those of other refs. It serves
// all of it whatever range is asked for: the next read may have another content.
func (r *Relay) serveIndex(w http.ResponseWriter, req *http.Request, e *entry) error {
	elsewhere := r.elsewhere(req.Context(), e.name)
	content, err := r.readIndex(req.Context(), e)
	if err != nil {
		return err
	}
	if parsed, err := bkcache.ParseIndex(content); err == nil {
		r.learn(e.name, parsed)
		content = r.merge(content, elsewhere())
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content) // the client sees that it is not all
	return nil
}

// readIndex reads the content of an index.
func (r *Relay) readIndex(ctx context.Context, e *entry) ([]byte, error) {
	resp, err := r.get(ctx, e, 0, 0)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	total, err := totalOf(resp)
	if err != nil {
		return nil, err
	}
	if total > maxIndex {
		return nil, store.ErrTooLarge
	}
	var data bytes.Buffer
	_, err = r.follow(ctx, &sink{Writer: &data}, e, resp, 0, total)
	return data.Bytes(), err
}

// get requests a part of the content. It repeats what may succeed later, and asks for another URL when one has expired.
func (r *Relay) get(ctx context.Context, e *entry, off, n int64) (*http.Response, error) {
	renewed, begun := false, r.opts.Now()
	for attempt := 1; ; attempt++ {
		url, err := r.urlOf(ctx, e)
		if err != nil {
			return nil, err
		}
		resp, err := r.service.Get(ctx, url, off, n)
		if err == nil {
			return resp, nil
		}
		refused, isRefusal := errors.AsType[*runtimeclient.ServiceError](err)
		switch {
		case isRefusal && stale(refused.Status) && !renewed:
			renewed = true
			r.expire(e, url)
			continue
		case isRefusal && refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests:
			if refused.Status == http.StatusNotFound {
				r.forget(e.name, r.opts.Now())
				r.expire(e, url)
			}
			return nil, err
		case attempt == readAttempts, ctx.Err() != nil:
			return nil, err
		}
		if err := runtimeclient.Backoff(ctx, err, attempt, r.opts.Timeout-r.opts.Now().Sub(begun)); err != nil {
			return nil, err
		}
	}
}

// stale reports whether another URL may do: this one has expired, or the entry was deleted and written again.
func stale(status int) bool {
	return status == http.StatusForbidden || status == http.StatusUnauthorized || status == http.StatusNotFound
}

// readAttempts is how often a part is requested: for about half a minute.
const readAttempts = 7

func (r *Relay) urlOf(ctx context.Context, e *entry) (string, error) {
	r.mu.Lock()
	url := e.url
	r.mu.Unlock()
	if url != "" {
		return url, nil
	}
	if err := r.look(ctx, e.name); err != nil {
		return "", err
	}
	r.entryOf(e.name, "")
	r.mu.Lock()
	defer r.mu.Unlock()
	return e.url, nil
}

// expire drops a URL, unless somebody has replaced it already.
func (r *Relay) expire(e *entry, url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.url == url {
		e.url = ""
	}
	if seen := r.known[e.name]; seen != nil && seen.url == url {
		seen.url = ""
	}
}
