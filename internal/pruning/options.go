package pruning

import (
	"errors"
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker/cli/opts"
	"github.com/docker/go-units"
)

// Options are what prune was asked for.
type Options struct {
	Scopes       []string // globs
	Refs         []string
	IDs          []int64
	Keys         []string // prefixes
	States       []string // superseded, unreferenced, closed or incomplete
	Filter       opts.FilterOpt
	Closed       bool
	Superseded   bool
	Unreferenced bool
	KeepStorage  string // a size, such as 8GB; empty: any
	KeepVersions int    // of each index
	All          bool
	IncludeOther bool
	Likely       bool
	Grace        time.Duration
	DryRun       bool
	Force        bool
	JSON         bool
	Local        string   // folder; empty: the cache of a repository
	KeepTags     []string // globs
}

// command is the command that continues what was interrupted.
func (o Options) command() string {
	if o.Local != "" {
		return "docker ghacache prune --local " + hint.Word(o.Local)
	}
	return "docker ghacache prune"
}

// setStates reads --state, whose words are those of ls.
func (o Options) setStates(p *reclaim.Policy) error {
	for _, state := range o.States {
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
			return hint.Usage(fmt.Errorf("unknown state %q", state), "--state superseded, unreferenced, closed or incomplete")
		}
	}
	return nil
}

// check refuses options that contradict each other.
func (o Options) check() error {
	reasons := o.Closed || o.Superseded || o.Unreferenced || len(o.States) > 0
	switch {
	case len(o.KeepTags) > 0:
		return hint.Usage(errors.New("--keep-tags goes with --local"), "docker ghacache prune --local DIR --keep-tags main")
	case o.IncludeOther && !o.All && o.KeepStorage == "":
		return hint.Usage(errors.New("--include-other goes with --all or --keep-storage"), "docker ghacache prune --all --include-other")
	case o.All && (reasons || o.KeepStorage != ""):
		return hint.Usage(errors.New("--all deletes everything, so --closed, --superseded, --unreferenced, --state and --keep-storage do not go with it"),
			"leave out --all")
	case len(o.IDs)+len(o.Keys) > 0 && (o.All || reasons || o.KeepStorage != ""):
		return hint.Usage(errors.New("--id and --key select single entries, so --all, --closed, --superseded, --unreferenced, --state and --keep-storage do not go with them"),
			"leave them out")
	case o.KeepVersions < 1:
		return hint.Usage(fmt.Errorf("--keep-versions %d would delete every index", o.KeepVersions), "--keep-versions 1")
	case o.Grace < 0:
		return hint.Usage(fmt.Errorf("--grace %s is negative", o.Grace), "")
	}
	return nil
}

// keepBytes reads --keep-storage; 0 if it is not given.
func (o Options) keepBytes() (int64, error) {
	if o.KeepStorage == "" {
		return 0, nil
	}
	bytes, err := units.RAMInBytes(o.KeepStorage)
	if err != nil || bytes <= 0 {
		return 0, hint.Usage(fmt.Errorf("%q is not a size", o.KeepStorage), "--keep-storage 8GB")
	}
	return bytes, nil
}

func (o Options) localPolicy() (localcache.Policy, error) {
	policy := localcache.Policy{Grace: o.Grace}
	if o.Grace < 0 {
		return policy, hint.Usage(fmt.Errorf("--grace %s is negative", o.Grace), "")
	}
	if _, err := listing.NewSelector(o.KeepTags, nil, nil, time.Time{}); err != nil {
		return policy, hint.Usage(err, "--keep-tags main --keep-tags 'release-*'")
	}
	if len(o.KeepTags) > 0 {
		policy.KeepTag = func(tag string) bool { return listing.Match(o.KeepTags, tag) }
	}
	var err error
	policy.KeepStorage, err = o.keepBytes()
	return policy, err
}
