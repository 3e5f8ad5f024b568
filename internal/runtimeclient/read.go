package runtimeclient

import (
	"context"
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// Refs returns the refs that the token can read, in the token's order.
func (r *Reader) Refs() []string {
	var refs []string
	for _, s := range r.cache.Scopes() {
		if s.Permission&actionscache.PermissionRead != 0 {
			refs = append(refs, s.Scope)
		}
	}
	return refs
}

// Read returns the content of an entry, up to the largest size of an index, and its
// key. If no entry has exactly this key, the service finds the newest entry whose
// key begins with it.
func (r *Reader) Read(ctx context.Context, key string) (content []byte, found string, err error) {
	ctx, cancel := context.WithTimeout(ctx, indexTimeout)
	defer cancel()
	err = httpclient.Retry(ctx, func(int) (again bool, wait time.Duration, err error) {
		entry, err := r.match(ctx, key)
		if err != nil {
			return false, 0, err
		}
		var data limited
		if err := entry.WriteTo(ctx, &data); err != nil {
			return httpclient.Passing(err), 0, httpclient.RedactSigned(fmt.Errorf("reading cache %q: %w", entry.Key, err), r.token)
		}
		content, found = data.data, entry.Key
		return false, 0, nil
	})
	return content, found, err
}
