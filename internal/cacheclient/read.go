package cacheclient

import (
	"context"
	"fmt"

	actionscache "github.com/tonistiigi/go-actions-cache"
)

// Refs lists the refs whose entries the token reads, in its order.
func (r *Runtime) Refs() []string {
	var refs []string
	for _, s := range r.cache.Scopes() {
		if s.Permission&actionscache.PermissionRead != 0 {
			refs = append(refs, s.Scope)
		}
	}
	return refs
}

// Read returns the content of an entry, which is no larger than an index may be, and
// its key: the service finds the newest entry whose key begins with the given one
// if none has exactly that.
func (r *Runtime) Read(ctx context.Context, key string) (content []byte, found string, err error) {
	ctx, cancel := context.WithTimeout(ctx, indexTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		entry, err := r.match(ctx, key)
		if err != nil {
			return nil, "", err
		}
		var data limited
		if err = entry.WriteTo(ctx, &data); err == nil {
			return data.data, entry.Key, nil
		}
		if attempt == attempts || !passing(err) || sleep(ctx, backoff(attempt)) != nil {
			return nil, "", fmt.Errorf("reading cache %q: %w", entry.Key, redactSigned(err, r.token))
		}
	}
}
