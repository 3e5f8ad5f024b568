package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
)

// Options say how to judge. The zero value judges by what the files tell,
// offline, and leaves working majors alone.
type Options struct {
	Service     Service  // "" is ServiceAuto
	Host        string   // of the repository, such as github.com; "" if it is not known
	BumpActions bool     // also move Docker's actions to their newest major
	Unsafe      bool     // edits that need a second look are wanted, too
	Only        []string // rule ids; empty for all

	// Resolve asks for the tag behind a commit of an action (owner/name) that
	// the built-in table does not know. It returns "" if there is none. Nil
	// stays offline. It is called from several goroutines.
	Resolve func(ctx context.Context, repo, commit string) (tag string, err error)
}

// Check judges files and directories. The error is one of the arguments or of
// ctx; a file that cannot be read or parsed is in Report.Skipped.
func Check(ctx context.Context, paths []string, opts Options) (Report, error) {
	if err := opts.validate(); err != nil {
		return Report{}, err
	}
	tags, err := loadTags()
	if err != nil {
		return Report{}, err
	}
	found, err := walk(ctx, paths)
	if err != nil {
		return Report{}, err
	}
	files := make([]*file, len(found.places))
	failed := make([]error, len(found.places))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	words := hints()
	for i, p := range found.places {
		group.Go(func() error {
			files[i], failed[i] = load(ctx, p, words, tags, opts)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return Report{}, fmt.Errorf("checking files: %w", err)
	}
	report := Report{Skipped: found.skipped, unsafe: opts.Unsafe}
	var judged []*file
	for i, err := range failed {
		if err != nil {
			report.Skipped = append(report.Skipped, Skipped{found.places[i].path, err.Error()})
		} else if files[i] != nil {
			judged = append(judged, files[i])
		}
	}
	report.gather(judged, found.act, opts)
	return report, nil
}

func (o Options) validate() error {
	if !slices.Contains([]Service{"", ServiceAuto, ServiceV1, ServiceV2}, o.Service) {
		return fmt.Errorf("unknown service %q: auto, v1 or v2", o.Service)
	}
	for _, id := range o.Only {
		if !slices.ContainsFunc(Rules(), func(r Rule) bool { return r.ID == id }) {
			return fmt.Errorf("unknown rule %q", id)
		}
	}
	return nil
}

// load reads and judges a file. It returns nil for one without interest.
func load(ctx context.Context, p place, words [][]byte, tags tags, opts Options) (*file, error) {
	if script, err := isScript(p); p.kind == kindNone && !p.root && !script {
		return nil, err
	}
	src, err := readFile(p.target)
	if err != nil {
		return nil, err
	}
	if p.kind == kindNone {
		p.kind = kindByContent(p.target, src)
	}
	if p.kind == kindNone {
		return nil, errors.New("not a kind of file that is known")
	}
	// A workflow without interest still tells the service of the repository.
	if p.kind != kindWorkflow && !worth(src, words) {
		return nil, nil
	}
	f := &file{path: p.path, target: p.target, kind: p.kind, src: src, opts: opts, tags: tags, builds: map[string]string{}}
	if opts.Resolve != nil {
		f.resolve = func(repo, commit string) (string, error) { return opts.Resolve(ctx, repo, commit) }
	}
	return f, f.judge()
}

// judge fills in the findings of a file.
func (f *file) judge() error {
	if !utf8.Valid(f.src) {
		return errors.New("not UTF-8")
	}
	if strings.Contains(filepath.ToSlash(f.target), "/.gitea/") || strings.Contains(filepath.ToSlash(f.target), "/.forgejo/") {
		f.service.v1 = "it is a workflow of Gitea or Forgejo"
	}
	switch f.kind {
	case kindHCL:
		body, err := parseHCL(f.src)
		if err == nil {
			f.bake(body)
		}
		return err
	case kindShell:
		f.shell(&scope{}, literal(f.src, 0, len(f.src)))
	case kindMake, kindJust, kindDockerfile:
		f.byLine()
	default:
		return f.judgeYAML()
	}
	return nil
}

func (f *file) judgeYAML() error {
	doc, err := parseYAML(f.src)
	if err != nil {
		return err
	}
	for _, context := range []string{"gitea", "forgejo"} {
		if bytes.Contains(f.src, []byte("${{ "+context+".")) {
			f.service.v1 = "it uses the context of " + context
		}
	}
	for _, root := range doc.docs {
		switch f.kind {
		case kindWorkflow:
			f.workflow(doc, root)
		case kindAction:
			f.action(doc, root)
		default:
			f.scalars(&scope{doc: doc}, root)
			f.targets(doc, root)
		}
	}
	return nil
}
