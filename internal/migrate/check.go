package migrate

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/tags"
)

// Options control Check. The zero value goes by the content of the files, stays
// offline, and does not update majors that work.
type Options struct {
	Service     Service  // "" is ServiceAuto
	Host        string   // of the repository, such as github.com; "" if it is not known
	BumpActions bool     // also move Docker's actions to their newest major
	Minimum     bool     // move to the least version that works, not to the newest
	Unsafe      bool     // edits that need a second look are wanted, too
	Only        []string // rule ids; empty for all

	// Resolve returns the tag of a commit of an action (owner/name) that the
	// built-in table does not have, or "". Nil stays offline. Several goroutines
	// call it.
	Resolve func(ctx context.Context, repo, commit string) (tag string, err error)
}

// Check judges files and directories. It returns an error for wrong arguments and
// if ctx ends. Files that cannot be read or parsed are in Report.Skipped.
func Check(ctx context.Context, paths []string, opts Options) (Report, error) {
	if err := opts.validate(); err != nil {
		return Report{}, err
	}
	table, err := tags.Load()
	if err != nil {
		return Report{}, err
	}
	found, err := source.Find(ctx, paths)
	if err != nil {
		return Report{}, err
	}
	files, failed, err := judgeAll(ctx, found.Places, opts.rules(ctx, table))
	if err != nil {
		return Report{}, fmt.Errorf("checking files: %w", err)
	}
	report := Report{Skipped: found.Skipped, unsafe: opts.Unsafe}
	var judged []*file
	for i, err := range failed {
		if err != nil {
			report.Skipped = append(report.Skipped, source.Skipped{File: found.Places[i].Path, Why: err.Error(), Failed: true})
			continue
		}
		if files[i] != nil {
			report.read++
		}
		if files[i] != nil && files[i].File != nil {
			judged = append(judged, files[i])
			report.note(files[i])
		}
	}
	report.gather(judged, found.Act, opts)
	return report, nil
}

// note says that findings of a file were left out.
func (r *Report) note(f *file) {
	if f.more > 0 {
		r.Skipped = append(r.Skipped, source.Skipped{File: f.Path, Why: fmt.Sprintf("%d more findings are left out: fix the others and run again", f.more)})
	}
}

func (o Options) validate() error {
	if !slices.Contains([]Service{"", ServiceAuto, ServiceV1, ServiceV2}, o.Service) {
		return fmt.Errorf("unknown service %q: want auto, v1 or v2", o.Service)
	}
	for _, id := range o.Only {
		if !slices.ContainsFunc(rules.All(), func(r rules.Rule) bool { return r.ID == id }) {
			return fmt.Errorf("unknown rule %q", id)
		}
	}
	return nil
}

func (o Options) rules(ctx context.Context, table tags.Table) rules.Options {
	out := rules.Options{Tags: table, Bump: o.BumpActions, Minimum: o.Minimum}
	if o.Resolve != nil {
		out.Resolve = func(repo, commit string) (string, error) { return o.Resolve(ctx, repo, commit) }
	}
	return out
}

// file is what is kept of a file that was judged: its words are not. Its findings
// are those of the rules until all files are gathered.
type file struct {
	*source.File
	gha      bool
	parts    []scan.Part
	calls    []scan.Call
	sinks    []rules.Sink
	findings []rules.Finding
	more     int      // findings that were left out
	evidence evidence // of its cache service
}

// Bounds of what is kept: nobody reads more of it at once.
const (
	allFindings   = 100_000 // of all files together, evenly
	leastFindings = 250     // of one file, however many there are
)

// fileOf judges a page, and keeps as many findings as most says.
func fileOf(p *scan.Page, opts rules.Options, most int) *file {
	f := &file{File: p.File, gha: p.GHA, parts: p.Parts, calls: p.Calls, sinks: rules.Sinks(p), evidence: evidenceOf(p)}
	found := unique(rules.Judge(p, opts))
	f.more = max(0, len(found)-most)
	f.findings = slices.Clone(found[:len(found)-f.more])
	return f
}

// judgeAll judges files, several at a time. See judge for what is nil.
func judgeAll(ctx context.Context, places []source.Place, opts rules.Options) ([]*file, []error, error) {
	files, failed := make([]*file, len(places)), make([]error, len(places))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range places {
		group.Go(func() error {
			files[i], failed[i] = judge(p, opts, max(leastFindings, allFindings/len(places)))
			return ctx.Err()
		})
	}
	return files, failed, group.Wait()
}

// judge takes a file all the way to its findings. It returns nil for a file of no kind
// that is known, and an empty file for one that was read and has none of the words
// that rules look for. A workflow without them still tells the service of the
// repository.
func judge(p source.Place, opts rules.Options, most int) (*file, error) {
	src, err := p.Read()
	if src == nil || err != nil {
		return nil, err
	}
	if src.Kind != source.Workflow && !rules.Concern(src.Src) {
		return &file{}, nil
	}
	page, err := scan.Read(src)
	if err != nil {
		return nil, err
	}
	return fileOf(page, opts, most), nil
}
