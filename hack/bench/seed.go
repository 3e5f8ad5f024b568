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

// seed makes a folder with n layers for a service, in memory if the machine has a
// memory file system. The store commits layers that arrive together in one
// transaction.
func seed(n int) (dir string, err error) {
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
	if err := group.Wait(); err != nil {
		return dir, err
	}
	return dir, s.Close()
}

func saveLayer(s *store.Store, i int) error {
	key := bkcache.LayerKey(fmt.Sprintf("sha256:%064x", i))
	id, err := s.Reserve(store.Name{Ref: "refs/heads/main", Version: bkcache.Version, Key: key.String()}, key.String())
	if err != nil {
		return err
	}
	if err := s.WriteChunk(id, 0, 1, strings.NewReader("x")); err != nil {
		return err
	}
	return s.Finish(id, 1)
}
