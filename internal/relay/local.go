package relay

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// localRef is the ref of all layers that are kept on this machine. Who may read one is not decided here: a client gets
// content only after the service, asked with the relay's token, has said that it has the entry.
const localRef = "relay"

// local keeps the layers that pass through on this machine. A nil local keeps nothing. Its failures are not those of the
// relay: a layer that is not kept is read from the service next time. The store compares a layer with its digest.
type local struct{ entries *store.Store }

func (r *Relay) openLocal() error {
	if r.opts.Dir == "" {
		return nil
	}
	entries, err := store.Open(r.opts.Dir, store.Options{
		Limits: store.Limits{Size: r.opts.MaxSize, Age: r.opts.MaxAge}, Idle: time.Minute, Now: r.opts.Now,
		Warn: func(err error) { r.logf("%v", err) },
	})
	if err != nil {
		return fmt.Errorf("opening the folder for layers: %w", err)
	}
	r.local = &local{entries}
	return nil
}

func (l *local) close() error {
	if l == nil {
		return nil
	}
	return l.entries.Close()
}

// serve answers from this machine, if it has the layer. It counts first: a client that has it all may read the counts.
func (l *local) serve(w http.ResponseWriter, req *http.Request, n name, counts *counts) bool {
	if l == nil {
		return false
	}
	e, err := l.entries.Find([]string{localRef}, n.version, []string{n.key})
	if err != nil || e.Key != n.key {
		return false
	}
	_, content, err := l.entries.Open(e.ID)
	if err != nil {
		return false
	}
	defer content.Close()
	counts.kept(e.Size)
	http.ServeContent(w, req, "", e.Created, content)
	return true
}

// reserve begins to keep a layer. It returns 0 if that is not possible, as when it is being kept already.
func (l *local) reserve(n name) int64 {
	if l == nil || bkcache.ParseKey(n.key, n.version).Kind != bkcache.KindLayer {
		return 0
	}
	id, err := l.entries.Reserve(store.Name{Ref: localRef, Version: n.version, Key: n.key}, localRef)
	if err != nil {
		return 0
	}
	return id
}

// block keeps a part of a layer that is sent.
func (l *local) block(id int64, g *group) {
	if id != 0 {
		_ = l.entries.WriteBlock(id, g.id, g.content.size, g.content.reader()) // without it, finish fails
	}
}

// finish keeps a layer that was sent.
func (l *local) finish(id int64, order []*group, size int64) {
	if id == 0 {
		return
	}
	ids := make([]string, len(order))
	for i, g := range order {
		ids[i] = g.id
	}
	if l.entries.Assemble(id, ids) == nil {
		_ = l.entries.Finish(id, size) // the size differs if a block is missing
	}
}

// copying keeps a layer while it is read.
type copying struct {
	*io.PipeWriter
	done chan struct{}
}

// copy begins to keep a layer that is read. It returns nil if the layer is not to be kept.
func (r *Relay) copy(n name, size int64) *copying {
	id := r.local.reserve(n)
	if id == 0 {
		return nil
	}
	read, write := io.Pipe()
	c := &copying{write, make(chan struct{})}
	err := r.spawn(func() {
		defer close(c.done)
		err := r.local.entries.WriteChunk(id, 0, size, read)
		_, _ = io.Copy(io.Discard, read) // the reader goes on if the disk fails
		if err == nil {
			_ = r.local.entries.Finish(id, size) // the next reader reads it from the service
		}
	})
	if err != nil {
		return nil
	}
	return c
}

// end ends it, after all bytes or with the error that ended the reading.
func (c *copying) end(err error) {
	if c != nil {
		_ = c.CloseWithError(err)
		<-c.done
	}
}
