package cacheclient

import (
	"context"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
)

// The secondary limit that GitHub documents for its REST API: 900 points a
// minute, where a GET costs 1 and a change 5
// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
const (
	defaultPoints = 900
	defaultPer    = time.Minute
)

// pacer admits requests as fast as the limits allow. For the secondary limit it
// counts the points of a sliding window. A token bucket would not do: one that
// never exceeds the limit in any minute either slows a listing down or wastes
// points that deletions could use.
//
// A request counts from when it is sent until one window after its reply. So this
// window is full before the service's window is.
type pacer struct {
	now     func() time.Time
	onWait  func(time.Duration)
	maxWait time.Duration
	limit   int // points within per, as documented
	per     time.Duration

	mu       sync.Mutex
	spent    []spending // answered within per, oldest first
	sum      int        // of the points in spent
	flying   int        // points of the requests under way
	requests int        // number of requests under way

	remaining int // primary limit: requests left until reset
	reset     time.Time

	points   int       // part of limit that the service seems to allow
	calm     time.Time // since when it has refused nothing, or when points last rose
	paused   time.Time // until when to send nothing
	refusals int       // refusals of the service
	told     time.Time // until when the user was told to wait
}

type spending struct {
	at     time.Time
	points int
}

// acquire waits until a request may be sent. The caller must call release after the
// reply. It does not wait for what must be sent earlier: that is [ErrLate].
func (p *pacer) acquire(ctx context.Context, points int) error {
	by, _ := ctx.Value(deadline{}).(time.Time)
	for {
		wait, err := p.admit(points, by)
		if err != nil || wait == 0 {
			return err
		}
		if err := httpclient.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// admit counts the request as sent, or returns how long to wait before asking
// again.
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

// poll is how long to wait for the replies to requests under way that may have used
// up the primary limit.
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
	return p.per // requests under way count at least that long
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

// observe notes the primary limit of a reply. Replies arrive in any order.
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

// refuse stops all requests for a time, because the service refused one. The window
// then counts as full, because other clients may have spent the rest. A second
// refusal means that the service allows less than it documents.
func (p *pacer) refuse(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.relax(now)
	fresh := !now.Before(p.paused) // not the reply to a request sent before the last refusal
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

// relax undoes refusals, one step for each whole window without one, because other
// clients do not spend the points for good.
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
