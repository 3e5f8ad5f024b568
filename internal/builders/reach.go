package builders

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/opencontainers/go-digest"
)

// fetchPatience bounds how long a node may take to fetch. A warm one takes some 40 ms; a
// firewall that drops packets keeps it waiting for minutes.
const fetchPatience = 3 * time.Second

// reachTime is how long it is remembered whether a builder reaches this machine.
const reachTime = time.Hour

// Fetch has every node fetch a URL, in the network in which its gha caches are exported
// and imported. The error says which node does not get the content, and why. No two calls may
// have the same content: BuildKit does not fetch what it has. Fetch takes at most three seconds,
// and leaves no record in the history of the builder.
func Fetch(ctx context.Context, nodes []Connection, address, content string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, fetchPatience, fmt.Errorf("no answer in %.0f s", fetchPatience.Seconds()))
	defer cancel()
	failures := make([]error, len(nodes))
	var asked sync.WaitGroup
	for i, n := range nodes {
		asked.Go(func() { failures[i] = fetch(ctx, n, address, content) })
	}
	asked.Wait()
	return errors.Join(failures...)
}

func fetch(ctx context.Context, n Connection, address, content string) error {
	err := n.Err
	if err == nil {
		err = solve(ctx, n.Client, address, content)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		return nil
	}
	reason := strings.Join(strings.Fields(err.Error()), " ")
	if _, after, ok := strings.Cut(reason, address+`": `); ok { // net/http's error names the URL, which is secret
		reason = after
	}
	return fmt.Errorf("node %q: %s", n.Node, reason)
}

func solve(ctx context.Context, c *client.Client, address, content string) error {
	definition, err := llb.HTTP(address, llb.Filename("probe"), llb.Checksum(digest.FromString(content))).Marshal(ctx)
	if err != nil {
		return err
	}
	return inSession(ctx, c, func(ctx context.Context, options client.SolveOpt) error {
		_, err := c.Solve(ctx, definition, options, nil)
		return err
	})
}

// Reach says by which route the nodes of a builder reach this machine, or why by none.
type Reach struct {
	Route Route
	Why   string // empty: they do
}

// remembered is a [Reach] in the memory.
type remembered struct {
	Reach
	At time.Time
}

// RecallReach returns what was learned of routes within the last hour. It does not know a
// builder of which a node was restarted since, or which has a node that nothing tells from
// one that was: see [memory].
func (b *Builder) RecallReach(routes []Route, now time.Time) (Reach, bool) {
	answer, ok := openMemory().recall(b.reachKey(routes))
	var r remembered
	if !ok || json.Unmarshal([]byte(answer), &r) != nil {
		return Reach{}, false
	}
	age := now.Sub(r.At)
	return r.Reach, age >= 0 && age < reachTime
}

// LearnReach remembers what the nodes said of routes.
func (b *Builder) LearnReach(routes []Route, r Reach, now time.Time) {
	answer, err := json.Marshal(remembered{r, now})
	if key := b.reachKey(routes); key != "" && err == nil {
		openMemory().learn(key, string(answer))
	}
}

// ForgetReach makes the next [Builder.RecallReach] know nothing.
func (b *Builder) ForgetReach(routes []Route) { b.LearnReach(routes, Reach{}, time.Time{}) }

// reachKey is empty where what is learned of a node may not hold for its next run.
func (b *Builder) reachKey(routes []Route) string {
	key := []string{"reach", fmt.Sprint(routes)}
	for _, n := range b.Nodes {
		identity := cmp.Or(n.identity, socketIdentity(n.Endpoint))
		if identity == "" {
			return ""
		}
		key = append(key, identity)
	}
	return strings.Join(key, " ")
}

// socketIdentity changes when another program listens on the socket of an endpoint.
func socketIdentity(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "unix" {
		return ""
	}
	info, err := os.Stat(u.Path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %d", u.Path, info.ModTime().UnixNano())
}
