package cacheclient

import (
	"net/http"
	"sync"
	"time"
)

// clock knows by how much this machine's clock may be ahead of the service's. What the
// service dates is young or old by its own clock.
type clock struct {
	now func() time.Time

	mu    sync.Mutex
	ahead time.Duration // at most; not negative
}

// observe compares the clocks. What the reply took makes this one seem ahead; a reply
// without a date tells nothing.
func (c *clock) observe(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = max(c.ahead, c.now().Sub(date))
}

// margin is for what the service dates late, and for machines of it that differ.
const margin = time.Minute

// at returns what the clock of the service showed at a local time, or less.
func (c *clock) at(local time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return local.Add(-c.ahead - margin)
}

// Now returns what the clock of the service shows, as far as its replies tell, or up to
// some minutes less: what is dated before it has not come later.
func (c *Client) Now() time.Time { return c.clock.at(c.clock.now()) }
