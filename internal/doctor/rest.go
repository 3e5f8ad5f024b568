package doctor

import (
	"context"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// restFacts are what the REST API tells: about itself, and, from a listing, about
// usage, integrity and collisions.
type restFacts struct {
	REST

	usage   *Usage
	indexes []Index
	scopes  []Scope
}

// collect asks for one entry first: whoever does not answer that is not asked for more. It
// reads indexes if the cache service has answered, which served tells.
func (f *restFacts) collect(ctx context.Context, env Env, job actions.Job, repo string, served <-chan bool) {
	r, err := within(ctx, factTime, func(context.Context) (*listing.Repository, error) {
		return listing.Open(repo, listing.Options{
			Job: job, Lookup: env.Lookup, Now: env.Now, UserAgent: env.UserAgent, MaxWait: time.Second, Attempts: 2,
			Say: func(ui.Level, string, string) {}, // of refs and of the runtime token, which have no check here or one of their own
		})
	})
	if err != nil {
		f.Err = err
		return
	}
	f.Token, f.Repository = true, r.Client.Target().String()
	if _, err := within(ctx, factTime, func(ctx context.Context) (struct{}, error) { return struct{}{}, r.Client.Probe(ctx) }); err != nil {
		answer := cacheclient.AnswerOf(err)
		f.Err, f.Status, f.Limited, f.Until, f.Foreign = err, answer.Status, answer.Limited, answer.Until, answer.Foreign
		return
	}
	var asked sync.WaitGroup
	asked.Go(func() {
		rate, err := within(ctx, factTime, r.Client.Rate)
		if err == nil { // servers without one do not answer
			f.Limit, f.Remaining, f.Reset = rate.Limit, rate.Remaining, rate.Reset
		}
	})
	var limits cacheclient.Limits
	var limitErr error
	asked.Go(func() { limits, limitErr = within(ctx, factTime, r.Client.Limits) })
	if !<-served {
		r.Runtime = nil
	}
	r.Reads = func(version int, _ bkcache.Entry) bool { return version < turns }
	snap, err := within(ctx, listingTime, r.Snapshot)
	asked.Wait()
	f.usage = &Usage{Limit: limits.Size, LimitErr: limitErr, Err: err}
	if err == nil {
		f.read(r, snap)
	}
}

// read takes from a listing what the doctor judges.
func (f *restFacts) read(r *listing.Repository, snap *listing.Snapshot) {
	f.usage.Entries = len(snap.Items)
	for i := range snap.Items {
		f.usage.Bytes += snap.Items[i].Size
	}
	for i := range snap.Caches {
		c := &snap.Caches[i]
		f.scopes = append(f.scopes, Scope{Name: c.Scope, Ref: c.Ref, Unread: c.Err != nil, Shared: shared(snap, c)})
		if r.Runtime != nil && r.Runtime.Reads(c.Ref) {
			f.indexes = append(f.indexes, Index{Scope: c.Scope, Ref: c.Ref, Layers: c.Layers, Missing: len(c.Missing), Err: c.Err})
		}
	}
}
