package cachecopy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

func (c *copying) index(ctx context.Context, x plannedIndex) error {
	var blamed []string
	var why error
	for _, l := range x.content.Layers {
		if err := c.failed[l.Digest]; err != nil {
			blamed, why = append(blamed, l.Digest), err
		}
	}
	if why != nil {
		c.leave(Left{x.Key, fmt.Sprintf("layers could not be copied: %v", why), blamed})
		return nil
	}
	if err := c.signature(ctx, x); err != nil {
		return err
	}
	return c.write(ctx, x)
}

func (c *copying) leave(x Left) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.result.Left = append(c.result.Left, x)
}

// signature copies the signature of an index, if there is one.
func (c *copying) signature(ctx context.Context, x plannedIndex) error {
	key := bkcache.SignatureKey(x.content.Digest).String()
	if there, err := c.from.Has(ctx, key); !there || err != nil {
		return err
	}
	data, _, err := c.from.Read(ctx, key)
	if err != nil {
		return err
	}
	if err := c.to.Upload(ctx, key, bytes.NewReader(data), int64(len(data))); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// write stores the index in the target. If another upload has reserved its number
// and not finished, write takes the next number, as BuildKit does (SaveMutable).
func (c *copying) write(ctx context.Context, x plannedIndex) error {
	const attempts = 10
	key := x.Key
	for range attempts {
		err := c.to.Upload(ctx, key, bytes.NewReader(x.Data), int64(len(x.Data)))
		if err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.result.Indexes = append(c.result.Indexes, key)
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		there, err := c.to.Has(ctx, key)
		if err != nil {
			return err
		}
		if there {
			c.leave(Left{Key: x.Key, Why: "a build has written one meanwhile"})
			return nil
		}
		if key, err = next(key); err != nil {
			return err
		}
	}
	c.leave(Left{Key: x.Key, Why: errUnfinished.Error()})
	return nil
}

func next(key string) (string, error) {
	slot := Slot(key)
	n, err := strconv.ParseUint(strings.TrimPrefix(key, slot), 10, 64)
	if err != nil {
		return "", fmt.Errorf("finding the number after index %q: %w", key, err)
	}
	return slot + strconv.FormatUint(n+1, 10), nil
}
