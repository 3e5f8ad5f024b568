package doctor

import (
	"fmt"
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

// A Silence is the error of a question that nobody has answered in that time.
type Silence time.Duration

func (s Silence) Error() string { return fmt.Sprintf("no answer in %g s", time.Duration(s).Seconds()) }

// A Tool is a program on this machine.
type Tool struct {
	Version string // empty: unknown
	Notes   []cacheopts.Note
	Err     error // missing or broken
}

// A Builder is the builder that buildx would use.
type Builder struct {
	Name   string
	Driver string // empty: unknown
	Nodes  []Node
	Notes  []cacheopts.Note // whether it is fit for gha caches, as a build would say it
	Err    error            // no such builder
}

// A Node is one BuildKit of a Builder.
type Node struct {
	Name     string
	Running  bool
	BuildKit string // version; empty: unknown
	Engine   string // version of the Engine, for the docker driver
	GHA      bool   // it says that it has type=gha caches
	Err      error  // could not be asked, as Notes say
}

// A Runtime is what this step sees of the job's cache service.
type Runtime struct {
	Job      bool   // a runner started this process
	Service  string // who runs the cache service
	Version  int    // that a build would use; 0: nothing tells
	Token    bool   // ACTIONS_RUNTIME_TOKEN is set
	URL      string // of the version that a build would use
	Mode     string // ACTIONS_CACHE_MODE
	Refs     []string
	Expose   string   // YAML that exposes the runtime to a step
	Warnings []string // what was read in another way than it was written
}

// A Probe is one real lookup in the cache service.
type Probe struct {
	URL     string
	Took    time.Duration
	Err     error
	Status  int  // of the reply that is the error, 0 for none
	Foreign bool // the reply was not one of a cache service
}

// The statuses of replies that have a verdict of their own.
const (
	unauthorized = 401
	forbidden    = 403
	notFound     = 404
	tooMany      = 429
)

// REST is what GitHub's REST API says to this step's token.
type REST struct {
	Token      bool      // there is one, for Repository
	Repository string    // owner/name, behind its host where that is not github.com
	Err        error     // of asking; without a token, why there is none
	Status     int       // of the reply that is the error, 0 for none
	Limited    bool      // the error is that of a rate limit
	Until      time.Time // when the limit ends; zero: unknown
	Foreign    bool      // the reply was not one of GitHub's API

	Limit, Remaining int // requests in this hour; Limit 0: unknown
	Reset            time.Time
}

// Usage is how full the repository's cache is, in bytes.
type Usage struct {
	Bytes, Limit int64 // Limit 0: unknown
	Entries      int
	Err          error // the cache could not be listed
	LimitErr     error
}

// An Index is one index of BuildKit, compared with the layers.
type Index struct {
	Scope, Ref      string
	Layers, Missing int
	Err             error // unreadable
}

// A Scope is a cache that builds write.
type Scope struct {
	Name, Ref string
	Unread    bool // its last indexes cannot be read from here, so nobody knows
	Shared    bool // two builds take turns in writing it
}
