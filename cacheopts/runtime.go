package cacheopts

import "time"

// Runtime is what the surroundings of a build offer. The zero value is a
// machine outside of any job.
type Runtime struct {
	Job     bool                     // in a job of a workflow: lacking the runtime is an error there
	Token   string                   // $ACTIONS_RUNTIME_TOKEN; empty counts as absent
	Inspect func(token string) Grant // reads a runtime token; nil: nothing is known of any

	Version int    // of the cache service, where the entry names none: 1, 2, or 0 for BuildKit's own guess
	V1Gone  bool   // the service has no version 1 any more: github.com, *.ghe.com
	V1Only  string // name of the service, if it has no version 2: "Gitea"

	URL   string // $ACTIONS_CACHE_URL; empty counts as absent
	URLV2 string // $ACTIONS_RESULTS_URL; empty counts as absent

	Repository string // owner/name, to complete `repository`
	GHToken    string // to complete `ghtoken`

	Now time.Time // to judge the expiry of tokens
}

// Grant is what a runtime token allows. The zero value allows everything.
type Grant struct {
	Expires  time.Time // zero: unknown
	Problem  string    // why the token cannot be used at all; empty: it can
	ReadOnly string    // why it cannot write; empty: it can
	NoRead   string    // why it cannot read; empty: it can
}

func (rt Runtime) grant(token string) Grant {
	if rt.Inspect == nil {
		return Grant{}
	}
	return rt.Inspect(token)
}
