package mounts

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// budget decides which mounts are saved, once it knows what all of them hold.
type budget struct {
	most  int64
	known chan struct{} // closed once it knows all

	mu      sync.Mutex
	sizes   []int64
	waiting int // for so many
}

func newBudget(most int64, mounts int) *budget {
	return &budget{most: most, known: make(chan struct{}), sizes: make([]int64, mounts), waiting: mounts}
}

// grants notes what the i-th mount holds, and reports whether it may be saved: the largest may not, until the rest fits.
// It waits for the others until ctx is done. Each mount is asked about once.
func (b *budget) grants(ctx context.Context, i int, bytes int64) (bool, error) {
	b.mu.Lock()
	b.sizes[i] = bytes
	if b.waiting--; b.waiting == 0 {
		close(b.known)
	}
	b.mu.Unlock()
	select {
	case <-b.known:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	return b.most == 0 || !slices.Contains(tooLarge(b.sizes, b.most), i), nil
}

// tooLarge are the indexes of the largest sizes without which the rest is at most that much.
func tooLarge(sizes []int64, most int64) (left []int) {
	order := make([]int, len(sizes))
	var sum int64
	for i, size := range sizes {
		order[i] = i
		sum += size
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sizes[b], sizes[a]) })
	for _, i := range order {
		if sum <= most {
			break
		}
		sum -= sizes[i]
		left = append(left, i)
	}
	return left
}
