package plugin

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/spf13/cobra"
)

type duOptions struct {
	repo    string
	format  string
	summary bool
}

func newDuCommand(env *Env) *cobra.Command {
	var o duOptions
	cmd := &cobra.Command{
		Use:   "du [OPTIONS]",
		Short: "Show what fills the cache: by scope, ref and kind, against the limit",
		Long: `Shows how much of the cache's limit is used, by scope, ref and kind. A layer that
several scopes share counts as "(several scopes)" and for none of them. A layer in no
readable index counts as "(scope unknown)".

With --format json: one object, sizes in bytes, 0 for an unknown limit.`,
		Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runDu(cmd.Context(), env, o) },
	}
	repoFlag(cmd, &o.repo)
	cmd.Flags().StringVar(&o.format, "format", "", `Format the output: "json"`)
	cmd.Flags().BoolVar(&o.summary, "summary", false, "In a job: add a table to its summary ($GITHUB_STEP_SUMMARY)")
	return cmd
}

func runDu(ctx context.Context, env *Env, o duOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	summary, err := env.summaryFile(o.summary)
	if err != nil {
		return err
	}
	repo, snap, err := openSnapshot(ctx, env, o.repo)
	if err != nil {
		return err
	}
	limits, err := repo.Client.Limits(ctx)
	if err != nil {
		repo.Warn("the limit is not known", err)
	}
	used := measure(snap.Analysis, limits)
	if summary != "" {
		if err := appendSummary(summary, used.markdown()); err != nil {
			return err
		}
	}
	if o.format == "json" {
		return writeJSON(env.Stdout, used)
	}
	if err := used.print(env); err != nil {
		return err
	}
	repo.NoteUnread(snap, listing.EveryCache)
	return nil
}

// diskUsage is what a cache holds, each entry counted once in each list.
type diskUsage struct {
	Bytes   int64   `json:"bytes"`
	Entries int     `json:"entries"`
	Limit   int64   `json:"limit"`           // bytes; 0: unknown
	MaxAge  int64   `json:"max_age_seconds"` // since the last use; 0: unknown
	Scopes  []share `json:"scopes"`
	Refs    []share `json:"refs"`
	Kinds   []share `json:"kinds"`
}

// share is a part of the cache. Names in parentheses are no scopes.
type share struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes"`
	Entries int    `json:"entries"`
}

// What no single scope owns.
const (
	sharedScopes = "(several scopes)"
	unknownScope = "(scope unknown)"
	otherTools   = "(other tools)"
)

func scopeOf(item *reclaim.Item) string {
	switch {
	case item.Key.Kind == bkcache.KindOther:
		return otherTools
	case item.Shared:
		return sharedScopes
	}
	return cmp.Or(item.Scope, unknownScope)
}

func measure(a *reclaim.Analysis, limits cacheclient.Limits) diskUsage {
	u := diskUsage{Limit: limits.Size, MaxAge: int64(limits.Age / time.Second)}
	scopes, refs, kinds := map[string]share{}, map[string]share{}, map[string]share{}
	for i := range a.Items {
		item := &a.Items[i]
		u.Bytes += item.Size
		u.Entries++
		add(scopes, scopeOf(item), item.Size)
		add(refs, item.Ref, item.Size)
		add(kinds, item.Key.Kind.String(), item.Size)
	}
	u.Scopes, u.Refs, u.Kinds = largestFirst(scopes), largestFirst(refs), largestFirst(kinds)
	return u
}

func add(shares map[string]share, name string, bytes int64) {
	s := shares[name]
	shares[name] = share{name, s.Bytes + bytes, s.Entries + 1}
}

func largestFirst(shares map[string]share) []share {
	list := slices.AppendSeq([]share{}, maps.Values(shares))
	slices.SortFunc(list, func(a, b share) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// total says how much there is of how much there may be.
func (u diskUsage) total() string {
	text := fmt.Sprintf("%s in %s", humanSize(u.Bytes), entryCount(u.Entries))
	if u.Limit > 0 {
		text = fmt.Sprintf("%s of %s (%d%%) in %s", humanSize(u.Bytes), humanSize(u.Limit), 100*u.Bytes/u.Limit, entryCount(u.Entries))
	}
	if u.MaxAge > 0 {
		text += fmt.Sprintf(", kept for %d days after their last use", u.MaxAge/secondsOfDay)
	}
	return text
}

const (
	secondsOfDay = 24 * 60 * 60
	shareBar     = 20 // characters
)

// print draws bars where there is a terminal to draw on.
func (u diskUsage) print(env *Env) error {
	s, width, bar := env.style(), env.width(), 0
	if env.Docker.Out().IsTerminal() {
		bar = shareBar
		if width > 0 {
			bar = min(bar, width/4)
		}
	}
	fmt.Fprintln(env.Stdout, u.total())
	if bar > 0 && u.Limit > 0 {
		fmt.Fprintln(env.Stdout, ui.Bar(u.Bytes, u.Limit, 2*bar))
	}
	var rows [][]string
	u.sections(func(title string, shares []share) {
		rows = append(rows, nil, []string{title, "ENTRIES", "SIZE"})
		for _, part := range shares {
			name := s.text(part.Name)
			if title == "REF" {
				name = s.ref(part.Name)
			}
			cells := []string{name, strconv.Itoa(part.Entries), humanSize(part.Bytes)}
			if bar > 0 {
				cells = append(cells, ui.Bar(part.Bytes, u.Bytes, bar))
			}
			rows = append(rows, cells)
		}
	})
	return writeTable(env.Stdout, rows, width)
}

func (u diskUsage) sections(visit func(title string, shares []share)) {
	visit("SCOPE", u.Scopes)
	visit("REF", u.Refs)
	visit("KIND", u.Kinds)
}

// markdown is the table for a job's summary.
func (u diskUsage) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Build cache\n\n%s\n", u.total())
	u.sections(func(title string, shares []share) {
		fmt.Fprintf(&b, "\n| %s | entries | size |\n|---|---:|---:|\n", strings.ToLower(title))
		for _, s := range shares {
			fmt.Fprintf(&b, "| %s | %d | %s |\n", markdownCell(style{}.text(s.Name)), s.Entries, humanSize(s.Bytes))
		}
	})
	return b.String()
}
