package cacheclient

import (
	"context"
	"fmt"
)

// Owns returns an error if repository, the number that a runtime token is for, is that
// of another repository than the client's. The content that the token reads would not
// show it: repositories with the same builds have indexes with the same keys and sizes.
// Zero, of a token without a number, passes.
func (c *Client) Owns(ctx context.Context, repository int64) error {
	if repository == 0 {
		return nil
	}
	repo, _, err := c.rest.Repositories.Get(ctx, c.target.Owner, c.target.Repo)
	if err != nil {
		return c.explain(err, "metadata: read", "checking that the runtime token is for %s", c.target)
	}
	if repo.GetID() != repository {
		return fmt.Errorf("the runtime token is for another repository than %s", c.target)
	}
	return nil
}
