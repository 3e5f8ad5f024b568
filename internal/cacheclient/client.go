package cacheclient

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
	"github.com/google/go-github/v92/github"
)

// parallel is how many requests one operation sends at a time. GitHub allows 100 at
// a time for all clients of a token together.
const parallel = 16

// Options configure a [Client]. All but Now may be zero.
type Options struct {
	Now    func() time.Time    // required
	OnWait func(time.Duration) // called once for each wait of more than a second for a rate limit; must not use the client
	// MaxWait is the longest wait for a rate limit. Beyond it, the error is a
	// [LimitError]. Zero means 15 minutes.
	MaxWait time.Duration
	// Attempts is how often a request that fails in passing is sent. Zero means 5.
	Attempts int
	// Points is what the secondary rate limit allows in the time of Per: a GET
	// costs 1 point, a deletion 5. Zero means GitHub's 900 points a minute.
	Points int
	Per    time.Duration

	UserAgent string            // empty: that of go-github
	Transport http.RoundTripper // sends each request; nil: like http.DefaultTransport
}

// Client lists and deletes the caches of a repository over REST. It is safe for
// concurrent use. All users together stay within the rate limits.
type Client struct {
	target Target
	token  string
	rest   *github.Client
	clock  *clock
}

// New returns a client for a target and its token, as [Sources] find them.
func New(target Target, token string, opts Options) (*Client, error) {
	if token == "" {
		return nil, hint.With(errors.New("no token for "+target.Host), tokenHint(target.Host))
	}
	api, err := parseAPI(target.APIURL)
	if err != nil {
		return nil, err
	}
	base := opts.Transport
	if base == nil {
		base = httpclient.NewTransport()
	}
	clock := &clock{now: opts.Now}
	rest, err := github.NewClient(
		github.WithHTTPClient(&http.Client{
			Transport:     &transport{base: base, api: api, token: token, pacer: newPacer(opts), clock: clock, attempts: cmp.Or(opts.Attempts, httpclient.Attempts)},
			CheckRedirect: checkRedirect,
		}),
		github.WithURLs(new(api.String()), nil),
		github.WithUserAgent(cmp.Or(opts.UserAgent, "go-github")),
		github.WithDisableRateLimitCheck(), // the pacer waits, go-github gives up
	)
	if err != nil {
		return nil, err
	}
	return &Client{target, token, rest, clock}, nil
}

func newPacer(opts Options) *pacer {
	p := &pacer{
		now:     opts.Now,
		onWait:  opts.OnWait,
		maxWait: cmp.Or(opts.MaxWait, 15*time.Minute),
		limit:   cmp.Or(opts.Points, defaultPoints),
		per:     cmp.Or(opts.Per, defaultPer),
	}
	p.points = p.limit
	if p.onWait == nil {
		p.onWait = func(time.Duration) {}
	}
	return p
}

// checkRedirect follows renamed repositories. It refuses a redirect that turns a
// deletion into a GET, because the GET's success would look like that of the
// deletion.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if req.Method != via[0].Method {
		return errors.New("not following a redirect that changes the method")
	}
	if len(via) >= 10 {
		return errors.New("too many redirects")
	}
	return nil
}

// Target returns what the client was made for.
func (c *Client) Target() Target { return c.target }

// get decodes the reply to a path below the repository. It serves what go-github
// lacks.
func (c *Client) get(ctx context.Context, path string, query url.Values, into any) (*github.Response, error) {
	u := url.URL{Path: "repos/" + c.target.Owner + "/" + c.target.Repo + "/" + path, RawQuery: query.Encode()}
	req, err := c.rest.NewRequest(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	return c.rest.Do(req, into)
}

// ProbeList returns an error unless token can list the caches of repository, an
// owner/name, at an API such as https://api.github.com. BuildKit lists them in the
// same way. ProbeList does not wait for rate limits.
func ProbeList(ctx context.Context, apiURL, repository, token string, opts Options) error {
	api, err := parseAPI(apiURL)
	if err != nil {
		return err
	}
	owner, name, ok := strings.Cut(repository, "/")
	if !ok || !nameRE().MatchString(owner) || !nameRE().MatchString(name) {
		return hint.With(errors.New("the repository is not OWNER/NAME"), "repository=OWNER/NAME")
	}
	opts.MaxWait = time.Second
	c, err := New(Target{hostOf(api), api.String(), owner, name}, token, opts)
	if err != nil {
		return err
	}
	return c.Probe(ctx)
}

// Probe reports whether the token can list the caches, by asking for one.
func (c *Client) Probe(ctx context.Context) error {
	_, err := c.page(ctx, Filter{}, pageQuery{number: 1, size: 1})
	return err
}
