package store

import "sync"

// batches does work for all callers that come while the last batch is under way at once: so they share one sync.
type batches[T any] struct {
	do func([]T) error // an error is that of every caller in the batch

	busy sync.Mutex // held while a batch is under way
	mu   sync.Mutex
	next *batch[T]
}

type batch[T any] struct {
	items []T
	done  chan struct{}
	err   error
}

// join returns when the batch that the item is in is done.
func (b *batches[T]) join(item T) error {
	b.mu.Lock()
	mine, first := b.next, b.next == nil
	if first {
		mine = &batch[T]{done: make(chan struct{})}
		b.next = mine
	}
	mine.items = append(mine.items, item)
	b.mu.Unlock()
	if !first {
		<-mine.done
		return mine.err
	}
	b.busy.Lock()
	defer b.busy.Unlock()
	b.mu.Lock()
	b.next = nil
	b.mu.Unlock()
	defer close(mine.done)
	mine.err = b.do(mine.items)
	return mine.err
}
