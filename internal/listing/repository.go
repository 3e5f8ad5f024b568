package listing

import (
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Options are what a repository needs from the program.
type Options struct {
	Job       actions.Job // of this process
	Lookup    actions.Lookup
	Now       func() time.Time
	UserAgent string
	// MaxWait and Attempts are those of [cacheclient.Options].
	MaxWait  time.Duration
	Attempts int
	// Say takes what is worth knowing, with commands to use, a line each.
	Say func(level ui.Level, text, fix string)
	// Doing takes what is under way, and is empty once that is over. Nil takes nothing.
	Doing func(what string)
}

// Repository is the cache of a repository, over REST and, in a job, with the
// runtime token. Only the runtime token can read indexes.
type Repository struct {
	Client  *cacheclient.Client
	Runtime *runtimeclient.Reader // nil where there is no job of this very repository
	// Reads selects the indexes that a snapshot reads. Version 0 is the newest one of its
	// scope and ref. Nil selects those that are not superseded.
	Reads func(version int, e bkcache.Entry) bool

	opts    Options
	said    map[string]bool
	indexes map[int64]runtimeclient.Index // that the last snapshot read
	failed  error                         // why the service is not asked for indexes any more
}

// Open finds the repository, its API and the tokens. The name is [HOST/]OWNER/NAME.
// If it is empty, Open takes the job's repository, or that of the current folder.
func Open(name string, o Options) (*Repository, error) {
	sources := cacheclient.Sources{
		Repo: name, Lookup: o.Lookup,
		Repository: o.Job.Repository, APIURL: o.Job.APIURL, JobToken: o.Job.GitHubToken,
	}
	target, err := sources.Target()
	if err != nil {
		return nil, err
	}
	token, err := sources.Token(target)
	if err != nil {
		return nil, err
	}
	client, err := cacheclient.New(target, token, cacheclient.Options{
		Now:       o.Now,
		UserAgent: o.UserAgent,
		MaxWait:   o.MaxWait,
		Attempts:  o.Attempts,
		OnWait: func(d time.Duration) {
			o.Say(ui.Info, fmt.Sprintf("waiting %s for the rate limit of %s", d.Round(time.Second), target.Host), "")
		},
	})
	if err != nil {
		return nil, err
	}
	var runtime *runtimeclient.Reader
	if sources.Job(target) {
		runtime = openRuntime(o)
	}
	return New(client, runtime, o), nil
}

// New returns the repository of a client. Runtime is nil, or one that a job of this very
// repository has.
func New(client *cacheclient.Client, runtime *runtimeclient.Reader, o Options) *Repository {
	if o.Doing == nil {
		o.Doing = func(string) {}
	}
	return &Repository{Client: client, Runtime: runtime, opts: o, said: map[string]bool{}}
}

// openRuntime returns nil if this process has no usable runtime token. Then indexes
// are not read, and what depends on them is unknown.
func openRuntime(o Options) *runtimeclient.Reader {
	url := o.Job.ServiceURL()
	if o.Job.Token == "" || url == "" {
		return nil
	}
	runtime, err := runtimeclient.NewReader(url, o.Job.Version, o.Job.Token, o.UserAgent)
	if err != nil {
		o.Say(ui.Warning, fmt.Sprintf("indexes are not read: %v", err), "docker ghacache doctor")
		return nil
	}
	return runtime
}

// Warn reports what is unknown, with each reason.
func (r *Repository) Warn(what string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			r.Warn(what, err)
		}
		return
	}
	r.say(ui.Warning, fmt.Sprintf("%s: %v", what, err), hint.Of(err))
}

// Note says what is worth knowing, with a command to use.
func (r *Repository) Note(text, fix string) { r.say(ui.Info, text, fix) }

// say reports each text once, however often the cache is listed.
func (r *Repository) say(level ui.Level, text, fix string) {
	if !r.said[text] {
		r.said[text] = true
		r.opts.Say(level, text, fix)
	}
}
