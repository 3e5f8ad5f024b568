package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
func (o pruneOptions) selection(env *Env) (selection, error) {
	selected, err := newSelector(env, o.scopes, o.refs, o.filter, "scope", "ref", "until")
	if err != nil {
		return selection{}, err
	}
	s := selection{scopes: selected.Scopes, refs: selected.Refs, ids: o.ids, keys: o.keys}
	s.policy = reclaim.Policy{
		Until: selected.Until, Closed: o.closed, Superseded: o.superseded, Unreferenced: o.unreferenced, KeepVersions: o.keepVersions,
		All: o.all, Other: o.includeOther, Likely: o.likely, Grace: o.grace,
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
	if o.keepVersions != reclaim.CurrentVersions && !s.deletes && !o.all {
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

// setStates reads --state, whose words are those of ls.
func (o pruneOptions) setStates(p *reclaim.Policy) error {
	for _, state := range o.states {
		switch state {
		case string(reclaim.Superseded):
			p.Superseded = true
		case string(reclaim.Unreferenced):
			p.Unreferenced = true
		case string(reclaim.Closed):
			p.Closed = true
		case listing.Incomplete:
			p.Incomplete = true
		default:
			return usage(fmt.Errorf("unknown state %q", state), "--state superseded, unreferenced, closed or incomplete")
		}
	}
	return nil
}

// check refuses options that contradict each other.
func (o pruneOptions) check() error {
	reasons := o.closed || o.superseded || o.unreferenced || len(o.states) > 0
	switch {
	case len(o.keepTags) > 0:
		return usage(errors.New("--keep-tags goes with --local"), "docker ghacache prune --local DIR --keep-tags main")
	case o.includeOther && !o.all && o.keepStorage == "":
		return usage(errors.New("--include-other goes with --all or --keep-storage"), "docker ghacache prune --all --include-other")
	case o.all && (reasons || o.keepStorage != ""):
		return usage(errors.New("--all deletes everything, so --closed, --superseded, --unreferenced, --state and --keep-storage do not go with it"),
			"leave out --all")
	case len(o.ids)+len(o.keys) > 0 && (o.all || reasons || o.keepStorage != ""):
		return usage(errors.New("--id and --key select single entries, so --all, --closed, --superseded, --unreferenced, --state and --keep-storage do not go with them"),
			"leave them out")
	case o.keepVersions < 1:
		return usage(fmt.Errorf("--keep-versions %d would delete every index", o.keepVersions), "--keep-versions 1")
	case o.grace < 0:
		return usage(fmt.Errorf("--grace %s is negative", o.grace), "")
	}
	return nil
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
