package cacheclient

import (
	"net/http"
	"sync"
	"time"
)

// clock compares this machine's clock with the service's. The service dates entries
// and runs by its own clock.
type clock struct {
	now func() time.Time

	mu    sync.Mutex
	ahead time.Duration // the largest lead seen; not negative
}

// observe compares the clocks. A slow reply makes this clock look further ahead
// than it is. A reply without a date is ignored.
func (c *clock) observe(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = max(c.ahead, c.now().Sub(date))
}

// margin allows for dates that the service sets late, and for its machines whose
// clocks differ.
const margin = time.Minute

// at returns the time of the service's clock at a local time, or an earlier one.
func (c *clock) at(local time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return local.Add(-c.ahead - margin)
}

// Now returns what the clock of the service shows, as far as its replies tell, or up to
// some minutes less: what is dated before it has not come later.
func (c *Client) Now() time.Time { return c.clock.at(c.clock.now()) }
