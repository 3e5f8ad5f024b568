package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// DiskUsage is what a cache holds, each entry counted once in each list.
type DiskUsage struct {
	Bytes   int64   `json:"bytes"`
	Entries int     `json:"entries"`
	Limit   int64   `json:"limit"`           // bytes; 0: unknown
	MaxAge  int64   `json:"max_age_seconds"` // since the last use; 0: unknown
	Scopes  []Share `json:"scopes"`
	Refs    []Share `json:"refs"`
	Kinds   []Share `json:"kinds"`
}

// Share is a part of the cache. Names in parentheses are no scopes.
type Share struct {
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

// Measure adds up what a cache holds.
func Measure(a *reclaim.Analysis, limits cacheclient.Limits) DiskUsage {
	u := DiskUsage{Limit: limits.Size, MaxAge: int64(limits.Age / time.Second)}
	scopes, refs, kinds := map[string]Share{}, map[string]Share{}, map[string]Share{}
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

func add(shares map[string]Share, name string, bytes int64) {
	s := shares[name]
	shares[name] = Share{name, s.Bytes + bytes, s.Entries + 1}
}

func largestFirst(shares map[string]Share) []Share {
	list := slices.AppendSeq([]Share{}, maps.Values(shares))
	slices.SortFunc(list, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// total says how much there is of how much there may be.
func (u DiskUsage) total() string {
	text := fmt.Sprintf("%s in %s", ui.Size(u.Bytes), ui.Entries(u.Entries))
	if u.Limit > 0 {
		text = fmt.Sprintf("%s of %s (%d%%) in %s", ui.Size(u.Bytes), ui.Size(u.Limit), 100*u.Bytes/u.Limit, ui.Entries(u.Entries))
	}
	if u.MaxAge > 0 {
		text += fmt.Sprintf(", kept for %d days after their last use", u.MaxAge/secondsOfDay)
	}
	return text
}

const (
	secondsOfDay = 24 * 60 * 60
	shareBar     = 20 // characters
	summaryRows  = 20 // of a table in a job's summary
)

// Print draws bars where there is a terminal to draw on.
func (u DiskUsage) Print(out ui.Output) error {
	s, bar := out.Style, 0
	if out.Terminal {
		bar = shareBar
		if out.Width > 0 {
			bar = min(bar, out.Width/4)
		}
	}
	fmt.Fprintln(out, u.total())
	if bar > 0 && u.Limit > 0 {
		fmt.Fprintln(out, ui.Bar(u.Bytes, u.Limit, 2*bar))
	}
	var rows [][]string
	u.sections(func(title string, shares []Share) {
		rows = append(rows, nil, []string{title, "ENTRIES", "SIZE"})
		for _, part := range shares {
			name := s.Text(part.Name)
			if title == "REF" {
				name = s.Ref(part.Name)
			}
			cells := []string{name, strconv.Itoa(part.Entries), ui.Size(part.Bytes)}
			if bar > 0 {
				cells = append(cells, ui.Bar(part.Bytes, u.Bytes, bar))
			}
			rows = append(rows, cells)
		}
	})
	return out.Table(rows)
}

func (u DiskUsage) sections(visit func(title string, shares []Share)) {
	visit("SCOPE", u.Scopes)
	visit("REF", u.Refs)
	visit("KIND", u.Kinds)
}

// Markdown is the table for a job's summary.
func (u DiskUsage) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Build cache\n\n%s\n", u.total())
	if u.Limit > 0 {
		fmt.Fprintf(&b, "\n%s\n", ui.Bar(u.Bytes, u.Limit, 2*shareBar))
	}
	u.sections(func(title string, shares []Share) {
		fmt.Fprintf(&b, "\n| %s | entries | size | |\n|---|---:|---:|---|\n", strings.ToLower(title))
		for _, s := range shares[:min(len(shares), summaryRows)] {
			fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", ui.Markdown(s.Name), s.Entries, ui.Size(s.Bytes), ui.Bar(s.Bytes, u.Bytes, shareBar))
		}
		if more := len(shares) - summaryRows; more > 0 {
			fmt.Fprintf(&b, "\nand %d more\n", more)
		}
	})
	return b.String()
}
