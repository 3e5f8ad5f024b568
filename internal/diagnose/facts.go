package diagnose

import (
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
)

// Facts are what a doctor has found out. What was not asked is left at its zero value, and its checks are skipped.
// An Err says why asking failed; its credentials are removed before it is shown.
type Facts struct {
	Now     time.Time
	Docker  Tool
	Buildx  Tool
	Builder Builder
	Runtime Runtime
	Grant   cacheopts.Grant // of the runtime token, where there is one
	Service *Probe
	REST    REST
	Usage   *Usage
	Indexes []Index // those that the runtime token can read
	Scopes  []Scope
}

// A Tool is a program on this machine.
type Tool struct {
	Version string // empty: unknown
	Err     error  // missing or broken
}

// A Builder is the builder that buildx would use.
type Builder struct {
	Name   string
	Driver string // empty: unknown
	Nodes  []Node
	Err    error // no such builder
}

// A Node is one BuildKit of a Builder.
type Node struct {
	Name            string
	Running         bool
	BuildKit        string // version; empty: unknown
	Engine          string // version of the Engine, for the docker driver
	ContainerdStore bool   // of that Engine
	GHA             *bool  // BuildKit has the capability cache.gha; nil: not asked
	HostNetwork     bool   // reaches this machine's loopback
	Err             error  // does not answer
}

// A Runtime is what this step sees of the job's cache service.
type Runtime struct {
	Job          bool   // a runner started this process
	Service      string // who runs the cache service
	HasV1, HasV2 bool   // the versions that it may answer
	Version      int    // that a build would use; 0: nothing tells
	Token        bool   // ACTIONS_RUNTIME_TOKEN is set
	URL          string // of the version that a build would use
	Loopback     bool   // the URL leads to this machine only
	Mode         string // ACTIONS_CACHE_MODE
	Refs         []string
	Expose       string   // YAML that exposes the runtime to a step
	Warnings     []string // what was read in another way than it was written
}

// A Probe is one real lookup in the cache service.
type Probe struct {
	URL  string
	Took time.Duration
	Err  error
}

// REST is what GitHub's REST API says to this step's token.
type REST struct {
	Token            bool
	Repository       string // owner/name; empty: unknown
	Asked            bool   // the listing below was tried
	Status           int    // of the reply, 0 for none
	Err              error  // of the listing
	CanDelete        *bool  // nil: unknown
	Limit, Remaining int    // requests in this hour; Limit 0: unknown
	Reset            time.Time
}

// Usage is how full the repository's cache is, in bytes.
type Usage struct {
	Bytes, Limit int64 // Limit 0: unknown
	Entries      int
	Err          error
}

// An Index is one index of BuildKit, held against the blobs.
type Index struct {
	Scope, Ref      string
	Layers, Missing int
	Err             error // unreadable
}

// A Scope is a cache that builds write.
type Scope struct {
	Name, Ref string
	Writes    []time.Time // of its indexes, in any order
	Disjoint  bool        // two of its indexes share no layer
}
