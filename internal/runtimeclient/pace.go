package runtimeclient

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

// pace lets so many requests begin within a time. The cache service counts requests, and not what they cost, so this is
// simpler than the pacer of package cacheclient.
type pace struct {
	per     time.Duration
	now     func() time.Time
	waiting func() (done func())
	outage  *outage // of the host

	mu     sync.Mutex
	begun  []time.Time // of the last requests, as a ring
	next   int
	paused time.Time // until when nothing begins
}

func newPace(requests int, per time.Duration, host *outage, opts ServiceOptions) *pace {
	return &pace{per: per, outage: host, now: opts.Now, waiting: opts.Waiting, begun: make([]time.Time, requests)}
}

// acquire waits until a request may begin.
func (p *pace) acquire(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	at := p.book()
	wait := at.Sub(p.now())
	if wait <= 0 {
		return nil
	}
	defer p.waiting()()
	for wait > 0 {
		if err := httpclient.Sleep(ctx, wait); err != nil {
			return err
		}
		wait = p.until().Sub(p.now()) // somebody may have been refused meanwhile
	}
	return nil
}

// book finds the time at which the next request may begin.
func (p *pace) book() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.now()
	if oldest := p.begun[p.next]; !oldest.IsZero() {
		at = later(at, oldest.Add(p.per))
	}
	at = later(at, p.paused)
	p.begun[p.next] = at
	p.next = (p.next + 1) % len(p.begun)
	return at
}

// until returns when the pause ends, which may be over.
func (p *pace) until() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paused
}

// pause lets nothing begin until then.
func (p *pace) pause(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = later(p.paused, until)
}

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }
