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
			report.Skipped = append(report.Skipped, source.Skipped{File: found.Places[i].Path, Why: err.Error()})
		} else if files[i] != nil {
			judged = append(judged, files[i])
		}
	}
	report.gather(judged, found.Act, opts)
	return report, nil
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
	out := rules.Options{Tags: table, Bump: o.BumpActions}
	if o.Resolve != nil {
		out.Resolve = func(repo, commit string) (string, error) { return o.Resolve(ctx, repo, commit) }
	}
	return out
}

// file is a file that was judged. Until gather has run, its findings are those of
// the rules.
type file struct {
	*scan.Page
	findings []rules.Finding
	evidence evidence // of its cache service
}

// judgeAll judges several files at a time. Files without interest are nil.
func judgeAll(ctx context.Context, places []source.Place, opts rules.Options) ([]*file, []error, error) {
	files, failed := make([]*file, len(places)), make([]error, len(places))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range places {
		group.Go(func() error {
			files[i], failed[i] = judge(p, opts)
			return ctx.Err()
		})
	}
	return files, failed, group.Wait()
}

// judge returns the findings of a file. A workflow without interest still tells the
// service of the repository.
func judge(p source.Place, opts rules.Options) (*file, error) {
	src, err := p.Read()
	if src == nil || err != nil || src.Kind != source.Workflow && !rules.Concern(src.Src) {
		return nil, err
	}
	page, err := scan.Read(src)
	if err != nil {
		return nil, err
	}
	return &file{page, rules.Judge(page, opts), evidenceOf(page)}, nil
}
