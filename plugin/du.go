package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli/command/formatter/tabwriter"
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
		Args:  maxArgs(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return runDu(cmd.Context(), env, o) },
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
	repo, err := openRepository(env, o.repo)
	if err != nil {
		return err
	}
	_, analysis, err := repo.analysis(ctx)
	if err != nil {
		return err
	}
	limits, err := repo.client.Limits(ctx)
	if err != nil {
		env.notes().Note(ui.Warning, fmt.Sprintf("the limit is not known: %v", err), ui.HintOf(err))
	}
	used := measure(analysis, limits)
	if summary != "" {
		if err := appendSummary(summary, used.markdown()); err != nil {
			return err
		}
	}
	if o.format == "json" {
		encoder := json.NewEncoder(env.Stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(used)
	}
	return used.print(env.Stdout, env.Docker.Out().IsTerminal())
}

// diskUsage is what a cache holds, each entry counted once in each list.
type diskUsage struct {
	Bytes   int64   `json:"bytes"`
	Entries int     `json:"entries"`
	Limit   int64   `json:"limit"`           // bytes; 0: unknown
	MaxAge  float64 `json:"max_age_seconds"` // 0: unknown
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
	u := diskUsage{Limit: limits.Size, MaxAge: limits.Age.Seconds()}
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
	text := fmt.Sprintf("%s in %d entries", humanSize(u.Bytes), u.Entries)
	if u.Limit > 0 {
		text = fmt.Sprintf("%s of %s (%d%%) in %d entries", humanSize(u.Bytes), humanSize(u.Limit), 100*u.Bytes/u.Limit, u.Entries)
	}
	if u.MaxAge > 0 {
		days := time.Duration(u.MaxAge*float64(time.Second)) / (24 * time.Hour)
		text += fmt.Sprintf(", kept for %d days after their last use", days)
	}
	return text
}

const shareBar = 20

func (u diskUsage) print(w io.Writer, bars bool) error {
	var b strings.Builder
	fmt.Fprintln(&b, u.total())
	if bars && u.Limit > 0 {
		fmt.Fprintln(&b, ui.Bar(u.Bytes, u.Limit, 2*shareBar))
	}
	tw := tabwriter.NewWriter(&b, 10, 1, 3, ' ', 0)
	u.sections(func(title string, shares []share) {
		fmt.Fprintf(tw, "\n%s\tENTRIES\tSIZE\n", title)
		for _, s := range shares {
			fmt.Fprintf(tw, "%s\t%d\t%s", s.Name, s.Entries, humanSize(s.Bytes))
			if bars {
				fmt.Fprintf(tw, "\t%s", ui.Bar(s.Bytes, u.Bytes, shareBar))
			}
			fmt.Fprintln(tw)
		}
	})
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
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
			fmt.Fprintf(&b, "| %s | %d | %s |\n", markdownCell(s.Name), s.Entries, humanSize(s.Bytes))
		}
	})
	return b.String()
}
