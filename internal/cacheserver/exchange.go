package cacheserver

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// stall is how long a client may send or take nothing.
	stall = time.Minute
	// slowest is what a client sends on the average at least, in bytes a second, apart from the first minute.
	slowest = 8 << 10
	// drained is how much of a body is read that nobody wants; see [pacedBody.drain].
	drained = 16 << 20
	// copied is how much is sent under one deadline.
	copied = 4 << 20
)

// exchange is a request and its reply. It ends when the client stalls, and counts what goes both ways.
type exchange struct {
	http.ResponseWriter
	control *http.ResponseController
	body    *pacedBody
	begun   time.Time
	status  int
	sent    int64
}

func newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{ResponseWriter: w, control: http.NewResponseController(w), begun: time.Now()} //nolint:forbidigo // deadlines are in real time
	x.body = &pacedBody{ReadCloser: r.Body, control: x.control, begun: x.begun, rested: x.begun}
	if r.Body == nil || r.Body == http.NoBody {
		x.body.ended = true
	} else {
		r.Body = x.body
	}
	return x
}

// end bounds how long the server waits for the rest of the body, which it reads to keep the connection.
func (x *exchange) end() {
	if !x.body.ended {
		_ = x.control.SetReadDeadline(time.Now().Add(5 * time.Second)) //nolint:forbidigo // as above
	}
}

// Unwrap is for [http.ResponseController].
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write implements [io.Writer].
func (x *exchange) Write(p []byte) (int, error) {
	x.extend()
	n, err := x.ResponseWriter.Write(p)
	x.sent += int64(n)
	return n, err
}

// ReadFrom implements [io.ReaderFrom]: the kernel can then send a file by itself.
func (x *exchange) ReadFrom(r io.Reader) (sent int64, err error) {
	rest, ok := r.(*io.LimitedReader)
	if !ok {
		rest = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	for rest.N > 0 && err == nil {
		x.extend()
		part := &io.LimitedReader{R: rest.R, N: min(rest.N, copied)}
		var n int64
		n, err = io.Copy(x.ResponseWriter, part)
		rest.N -= n
		sent += n
		if part.N > 0 { // the end
			break
		}
	}
	x.sent += sent
	return sent, err
}

func (x *exchange) extend() {
	x.status = max(x.status, http.StatusOK)
	_ = x.control.SetWriteDeadline(time.Now().Add(stall)) //nolint:forbidigo // as above
}

// pacedBody is a body that must not stall.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	begun   time.Time
	rested  time.Time // since when nobody wants to read
	read    int64
	ended   bool
}

// Read implements [io.Reader].
func (b *pacedBody) Read(p []byte) (int, error) {
	now := time.Now() //nolint:forbidigo // as above
	if !b.rested.IsZero() {
		b.begun = b.begun.Add(now.Sub(b.rested)) // this time was the server's, as when it waits for memory
	}
	_ = b.control.SetReadDeadline(b.deadline(now))
	n, err := b.ReadCloser.Read(p)
	b.rested = time.Now() //nolint:forbidigo // as above
	b.read += int64(n)
	if err != nil {
		b.ended = b.ended || errors.Is(err, io.EOF)
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// drain reads the body before an error is sent, up to a limit. Clients that are still sending when the connection is
// closed do not see the reply: BuildKit 0.33 then dereferences a nil pointer. Azure reads all of it, too.
func (b *pacedBody) drain(r *http.Request) {
	if b.ended || r.Header.Get("Expect") != "" { // who asks first has sent nothing
		return
	}
	_, _ = io.CopyN(io.Discard, b, drained)
}

func (b *pacedBody) deadline(now time.Time) time.Time {
	patience, whole := now.Add(stall), b.begun.Add(stall+time.Duration(b.read)*time.Second/slowest)
	if whole.Before(patience) {
		return whole
	}
	return patience
}
