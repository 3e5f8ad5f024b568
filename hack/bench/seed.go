package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"golang.org/x/sync/errgroup"
)

// seed makes a folder for a service with n layers, and with indexes of them that each have
// a scope of their own, in memory if the machine has a
// memory file system. The store commits layers that arrive together in one
// transaction.
func seed(n, indexes int) (dir string, err error) {
	if dir, err = os.MkdirTemp("/dev/shm", "ghacache-bench-"); err != nil {
		if dir, err = os.MkdirTemp("", "ghacache-bench-"); err != nil {
			return "", err
		}
	}
	s, err := store.Open(dir, store.Options{
		Limits: store.Limits{Size: 1 << 40, Age: 1000 * time.Hour}, Idle: time.Hour,
		Now: func() time.Time { return time.Now().Add(-48 * time.Hour) }, Warn: func(error) {},
	})
	if err != nil {
		return dir, err
	}
	var group errgroup.Group
	group.SetLimit(1500)
	for i := range n {
		group.Go(func() error { return saveLayer(s, i) })
	}
	for i := range indexes {
		group.Go(func() error { return saveIndex(s, i, n) })
	}
	if err := group.Wait(); err != nil {
		return dir, err
	}
	return dir, s.Close()
}

func saveLayer(s *store.Store, i int) error {
	return save(s, bkcache.LayerKey(digest(i)), "x")
}

// saveIndex saves an index that references a share of the layers.
func saveIndex(s *store.Store, i, layers int) error {
	const share = 50
	var blobs []string
	for n := range share {
		d := digest((i*share + n) % layers)
		blobs = append(blobs, fmt.Sprintf(`{"blob":%q,"parent":%d,"annotations":{"diffID":%q,"size":1}}`, d, n-1, d))
	}
	content := fmt.Sprintf(`{"layers":[%s]}`, strings.Join(blobs, ","))
	return save(s, bkcache.IndexKey(fmt.Sprint("scope", i), "refs/heads/main", false, 1), content)
}

func digest(i int) string { return fmt.Sprintf("sha256:%064x", i) }

func save(s *store.Store, key bkcache.Key, content string) error {
	id, err := s.Reserve(store.Name{Ref: "refs/heads/main", Version: bkcache.Version, Key: key.String()}, key.String())
	if err != nil {
		return err
	}
	size := int64(len(content))
	if err := s.WriteChunk(id, 0, size, strings.NewReader(content)); err != nil {
		return err
	}
	return s.Finish(id, size)
}
