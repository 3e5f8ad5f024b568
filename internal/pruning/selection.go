package pruning

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

// selection is what prune was asked for.
type selection struct {
	policy  reclaim.Policy
	scopes  []string
	refs    []string
	ids     []int64
	keys    []string
	deletes bool // old versions of indexes go
}

// selection reads the options.
func (o Options) selection(now time.Time) (selection, error) {
	selected, err := listing.NewSelector(o.Scopes, o.Refs, o.Filter.Value(), now, "scope", "ref", "until")
	if err != nil {
		return selection{}, err
	}
	s := selection{scopes: selected.Scopes, refs: selected.Refs, ids: o.IDs, keys: o.Keys}
	s.policy = reclaim.Policy{
		Until: selected.Until, Closed: o.Closed, Superseded: o.Superseded, Unreferenced: o.Unreferenced, KeepVersions: o.KeepVersions,
		All: o.All, Other: o.IncludeOther, Likely: o.Likely, Grace: o.Grace,
	}
	if err := o.check(); err != nil {
		return s, err
	}
	if err := o.setStates(&s.policy); err != nil {
		return s, err
	}
	if s.policy.KeepStorage, err = o.keepBytes(); err != nil {
		return s, err
	}
	s.narrow()
	// As the zero policy does, see [reclaim.Policy].
	s.deletes = s.policy.Superseded || len(s.scopes)+len(s.refs)+len(s.ids)+len(s.keys) == 0 && s.policy.Until.IsZero() &&
		!s.policy.Closed && !s.policy.Unreferenced && !s.policy.Incomplete
	if o.KeepVersions != reclaim.CurrentVersions && !s.deletes && !o.All {
		s.policy.Superseded, s.deletes = true, true
	}
	return s, nil
}

func (s *selection) narrow() {
	if len(s.scopes) > 0 {
		s.policy.Scope = func(scope string) bool { return listing.Match(s.scopes, scope) }
	}
	if len(s.refs) > 0 {
		s.policy.Ref = func(ref string) bool { return listing.Match(s.refs, ref) }
	}
	if len(s.ids)+len(s.keys) > 0 {
		s.policy.Entry = func(e bkcache.Entry) bool {
			return slices.Contains(s.ids, e.ID) || slices.ContainsFunc(s.keys, func(key string) bool { return strings.HasPrefix(e.Key, key) })
		}
	}
}

// choices are the names that were selected.
func (s *selection) choices(a *reclaim.Analysis) []listing.Choice {
	all := listing.Selector{Scopes: s.scopes, Refs: s.refs}.Choices(a)
	var keys, ids []string
	for i := range a.Items {
		keys, ids = append(keys, a.Items[i].Entry.Key), append(ids, strconv.FormatInt(a.Items[i].ID, 10))
	}
	for _, key := range s.keys {
		prefixes := func(prefix, key string) bool { return strings.HasPrefix(key, prefix) }
		all = append(all, listing.Choice{Option: "--key", Value: key, Names: keys, Matches: prefixes})
	}
	for _, id := range s.ids {
		same := func(a, b string) bool { return a == b }
		all = append(all, listing.Choice{Option: "--id", Value: strconv.FormatInt(id, 10), Names: ids, Matches: same})
	}
	return all
}
