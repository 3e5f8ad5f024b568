package cacheserver

import (
	"context"
	"io"
	"net/http"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// storeBackend is a store as a [Backend]. The store does not wait for anything that a context could end.
type storeBackend struct {
	entries *store.Store
	metrics *metrics
}

// Find also counts whether the entry is there.
func (b storeBackend) Find(_ context.Context, refs []string, version string, keys []string) (store.Entry, error) {
	e, err := b.entries.Find(refs, version, keys)
	b.metrics.found(err == nil)
	return e, err
}

func (b storeBackend) Reserve(_ context.Context, n store.Name, token string) (int64, error) {
	return b.entries.Reserve(n, token)
}

// CheckUnfinished tells a finished entry, which never changes, from one that does not exist.
func (b storeBackend) CheckUnfinished(id int64) error {
	_, err := b.entries.Upload(id)
	if err == nil {
		return nil
	}
	if _, finished := b.entries.Entry(id); finished == nil {
		return store.ErrExists
	}
	return err
}

func (b storeBackend) WriteBlock(_ context.Context, id int64, block string, size int64, body io.Reader) error {
	return b.entries.WriteBlock(id, block, size, body)
}

func (b storeBackend) Assemble(_ context.Context, id int64, blocks []string) error {
	return b.entries.Assemble(id, blocks)
}

func (b storeBackend) Finish(_ context.Context, n store.Name, size int64) (int64, error) {
	id, err := b.entries.Reserved(n)
	if err == nil {
		err = b.entries.Finish(id, size)
	}
	return id, err
}

func (b storeBackend) ServeBlob(w http.ResponseWriter, r *http.Request, id int64) error {
	e, content, err := b.entries.Open(id)
	if err != nil {
		return err
	}
	defer content.Close()
	http.ServeContent(w, r, "", e.Created, content)
	return nil
}
