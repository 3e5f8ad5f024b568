package relay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// wait waits until the service has the entry, and returns why it has it not.
func (b *blob) wait(ctx context.Context) error {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-b.done:
			return b.err
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if b.isAbandoned() {
				b.abandon()
			}
		}
	}
}

var errAbandoned = errors.New("another build began to send it and ended before it had sent all")

// abandon settles an upload that its client does not complete.
func (b *blob) abandon() {
	b.end(errAbandoned)
	b.mu.Lock()
	begun := b.begun
	b.begun = true
	if b.open != nil {
		b.open.content.free()
		b.open = nil
	}
	b.mu.Unlock()
	if !begun {
		b.settle(errAbandoned)
	}
}

// settle ends the upload.
func (b *blob) settle(err error) {
	if b.present = errors.Is(err, fs.ErrExist); b.present {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("sending cache %q: %w", b.name.key, err)
	}
	b.err = err
	b.relay.settled(b)
	close(b.done)
	b.end(err)
}
