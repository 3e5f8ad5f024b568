package cacheclient

import (
	"context"
	"time"
)

// Rate is what is left of a token's hourly limit of requests.
type Rate struct {
	Limit, Remaining int
	Reset            time.Time
}

// Rate asks for the rate limit. The request does not count against it. A GitHub
// Enterprise Server without rate limits answers with an error.
func (c *Client) Rate(ctx context.Context) (Rate, error) {
	limits, _, err := c.rest.RateLimit.Get(ctx)
	if err != nil {
		return Rate{}, c.explain(err, "actions: read", "reading the rate limit of %s", c.target)
	}
	core := limits.GetCore()
	return Rate{Limit: core.Limit, Remaining: core.Remaining, Reset: core.Reset.Time}, nil
}
