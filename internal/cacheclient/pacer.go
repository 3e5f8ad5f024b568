package cacheclient

import (
	"context"
	"sync"
	"time"
)

// The secondary limit that GitHub documents for its REST API: 900 points a
// minute, where a GET costs 1 and a change 5
// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
const (
	defaultPoints = 900
	defaultPer    = time.Minute
)

// pacer admits requests as fast as the limits allow. For the secondary limit it
// looks back over a sliding window rather than filling a bucket: a bucket for
// which no minute holds more than the limit either delays a listing or spends
// less than deletions may.
//
// The window of the service cannot overflow before this one does, because a
// request counts from when it is sent until the window's length after its reply.
type pacer struct {
	now     func() time.Time
	onWait  func(time.Duration)
	maxWait time.Duration
	limit   int // points within per that are documented
	per     time.Duration

	mu       sync.Mutex
	spent    []spending // answered within per, oldest first
	sum      int        // of the points in spent
	flying   int        // points of the requests that are not answered
	requests int        // number of the requests that are not answered

	remaining int // primary limit: requests left until reset
	reset     time.Time

	points   int       // of the limit, what the service seems to allow
	calm     time.Time // since when it has refused nothing, or when points rose last
	paused   time.Time // until when the service wants no request
	refusals int       // how often it said so
	told     time.Time // until when the user was told to wait
}

type spending struct {
	at     time.Time
	points int
}

// acquire waits until a request may be sent. After it, release must be called. It does
// not wait for what must be sent earlier: that is [ErrLate].
func (p *pacer) acquire(ctx context.Context, points int) error {
	by, _ := ctx.Value(deadline{}).(time.Time)
	for {
		wait, err := p.admit(points, by)
		if err != nil || wait == 0 {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// admit counts the request as sent, or says how long to wait before asking again.
func (p *pacer) admit(points int, by time.Time) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.relax(now)
	wait := max(p.paused.Sub(now), p.primaryWait(now), p.secondaryWait(now, points))
	if !by.IsZero() && now.Add(max(wait, 0)).After(by) {
		return 0, ErrLate
	}
	if wait <= 0 {
		p.flying += points
		p.requests++
		return 0, nil
	}
	if wait > p.maxWait {
		return 0, &LimitError{Until: now.Add(wait)}
	}
	if until := now.Add(wait); wait > time.Second && until.Sub(p.told) > time.Second {
		p.told = until
		p.onWait(wait)
	}
	return wait, nil
}

// poll is how long to wait for the reply of a request that may be the last one
// that the primary limit allows.
const poll = 50 * time.Millisecond

func (p *pacer) primaryWait(now time.Time) time.Duration {
	switch {
	case !now.Before(p.reset) || p.remaining > p.requests:
		return 0
	case p.remaining > 0:
		return poll
	}
	return p.reset.Sub(now)
}

func (p *pacer) secondaryWait(now time.Time, points int) time.Duration {
	for len(p.spent) > 0 && now.Sub(p.spent[0].at) > p.per {
		p.sum -= p.spent[0].points
		p.spent = p.spent[1:]
	}
	over := p.sum + p.flying + points - p.points
	if over <= 0 || p.sum+p.flying == 0 {
		return 0
	}
	for _, s := range p.spent {
		if over -= s.points; over <= 0 {
			return s.at.Add(p.per).Sub(now) + time.Millisecond
		}
	}
	return p.per // what is under way counts for that long at least
}

// release counts the request as answered.
func (p *pacer) release(points int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying -= points
	p.requests--
	p.spend(points)
}

func (p *pacer) spend(points int) {
	p.spent = append(p.spent, spending{p.now(), points})
	p.sum += points
}

// observe notes what a reply says of the primary limit. Replies come out of order.
func (p *pacer) observe(remaining int, reset time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case reset.After(p.reset):
		p.remaining, p.reset = remaining, reset
	case reset.Equal(p.reset):
		p.remaining = min(p.remaining, remaining)
	}
}

// refuse stops all requests for a time, because the service refused one. The
// window then counts as full: others may have spent what is missing. Where the
// service refuses again, it allows less than it documents.
func (p *pacer) refuse(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.relax(now)
	fresh := !now.Before(p.paused) // not an answer to what was sent before the last refusal
	if until := now.Add(wait); until.After(p.paused) {
		p.paused, p.calm = until, until
	}
	if !fresh {
		return
	}
	if p.refusals++; p.refusals > 1 {
		p.points = max(p.points/2, 1)
	}
	if missing := p.points - p.sum - p.flying; missing > 0 {
		p.spend(missing)
	}
}

// relax takes back what refusals have led to, a step for each whole window without
// one: others spent the points, and not for good.
func (p *pacer) relax(now time.Time) {
	for p.refusals > 0 && now.Sub(p.calm) > p.per {
		if p.points == p.limit {
			p.refusals = 0
			return
		}
		p.points = min(2*p.points, p.limit)
		p.calm = p.calm.Add(p.per)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
