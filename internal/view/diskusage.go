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
	Bytes   int64 `json:"bytes"`
	Entries int   `json:"entries"`
	Limit   int64 `json:"limit"`           // bytes; 0: unknown
	MaxAge  int64 `json:"max_age_seconds"` // since the last use; 0: unknown
	// Reclaimable are the bytes that prune deletes without options, and Likely those that
	// it deletes with --likely as well.
	Reclaimable int64   `json:"reclaimable"`
	Likely      int64   `json:"likely"`
	Scopes      []Share `json:"scopes"`
	Refs        []Share `json:"refs"`
	Kinds       []Share `json:"kinds"`

	planned bool // what prune deletes is known
}

// Share is a part of the cache. Names in parentheses are no scopes.
type Share struct {
	Name        string `json:"name"`
	Bytes       int64  `json:"bytes"`
	Entries     int    `json:"entries"`
	Reclaimable int64  `json:"reclaimable"`
	Likely      int64  `json:"likely"`
}

// What no single scope owns.
const (
	sharedScopes = "(several scopes)"
	unknownScope = "(scope unknown)"
	otherTools   = "(other tools)"
	cacheMounts  = "(cache mounts)"
)

func scopeOf(item *reclaim.Item) string {
	switch {
	case item.Key.Kind == bkcache.KindOther:
		return otherTools
	case item.Key.Kind == bkcache.KindMount:
		return cacheMounts
	case item.Shared:
		return sharedScopes
	}
	return cmp.Or(item.Scope, unknownScope)
}

// Measure adds up what a cache holds, and what of it a plan of a deletes.
func Measure(verdicts []reclaim.Verdict, limits cacheclient.Limits) DiskUsage {
	u := DiskUsage{Limit: limits.Size, MaxAge: int64(limits.Age / time.Second)}
	scopes, refs, kinds := map[string]Share{}, map[string]Share{}, map[string]Share{}
	for i := range verdicts {
		item, one := verdicts[i].Item, shareOf(&verdicts[i])
		u.planned = u.planned || verdicts[i].Decision != ""
		u.Bytes, u.Entries = u.Bytes+one.Bytes, u.Entries+1
		u.Reclaimable, u.Likely = u.Reclaimable+one.Reclaimable, u.Likely+one.Likely
		add(scopes, scopeOf(item), one)
		add(refs, item.Ref, one)
		add(kinds, item.Key.Kind.String(), one)
	}
	u.Scopes, u.Refs, u.Kinds = largestFirst(scopes), largestFirst(refs), largestFirst(kinds)
	return u
}

// shareOf is the share of one entry.
func shareOf(v *reclaim.Verdict) Share {
	s := Share{Bytes: v.Size, Entries: 1}
	switch {
	case v.Decision != reclaim.Delete:
	case v.Class == reclaim.Likely:
		s.Likely = v.Size
	default:
		s.Reclaimable = v.Size
	}
	return s
}

func add(shares map[string]Share, name string, more Share) {
	s := shares[name]
	shares[name] = Share{name, s.Bytes + more.Bytes, s.Entries + more.Entries, s.Reclaimable + more.Reclaimable, s.Likely + more.Likely}
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
	barScreen    = 60 // the least width of a terminal that has room for bars
)

// reclaimable says how much prune deletes; nothing if that is nothing.
func (u DiskUsage) reclaimable() string {
	switch {
	case u.Likely > 0:
		return fmt.Sprintf("prune frees %s, and with --likely %s", ui.Size(u.Reclaimable), ui.Size(u.Reclaimable+u.Likely))
	case u.Reclaimable > 0:
		return "prune frees " + ui.Size(u.Reclaimable)
	}
	return ""
}

// columns are the titles of numbers. What is likely has a column if there is something.
func (u DiskUsage) columns() []string {
	columns := []string{"ENTRIES", "SIZE"}
	if u.planned {
		columns = append(columns, "RECLAIMABLE")
	}
	if u.Likely > 0 {
		columns = append(columns, "LIKELY")
	}
	return columns
}

// cells are the numbers of a share, for [DiskUsage.columns].
func (u DiskUsage) cells(s Share) []string {
	cells := []string{strconv.Itoa(s.Entries), ui.Size(s.Bytes)}
	if u.planned {
		cells = append(cells, ui.Size(s.Reclaimable))
	}
	if u.Likely > 0 {
		cells = append(cells, ui.Size(s.Likely))
	}
	return cells
}

// Print draws bars where there is a terminal to draw on.
func (u DiskUsage) Print(out ui.Output) error {
	s, bar := out.Style, 0
	if out.Terminal && (out.Width == 0 || out.Width >= barScreen) {
		bar = shareBar
		if out.Width > 0 {
			bar = min(bar, out.Width/4)
		}
	}
	fmt.Fprintln(out, u.total())
	if text := u.reclaimable(); text != "" {
		fmt.Fprintln(out, text)
	}
	if bar > 0 && u.Limit > 0 {
		fmt.Fprintln(out, ui.Bar(u.Bytes, u.Limit, 2*bar))
	}
	var rows [][]string
	u.sections(func(title string, shares []Share) {
		rows = append(rows, nil, append([]string{title}, u.columns()...))
		for _, part := range shares {
			name := s.Text(part.Name)
			if title == "REF" {
				name = s.Ref(part.Name)
			}
			cells := append([]string{name}, u.cells(part)...)
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
	if text := u.reclaimable(); text != "" {
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	u.sections(func(title string, shares []Share) {
		columns := u.columns()
		fmt.Fprintf(&b, "\n| %s | %s | |\n|---|%s---|\n", strings.ToLower(title), strings.ToLower(strings.Join(columns, " | ")), strings.Repeat("---:|", len(columns)))
		for _, s := range shares[:min(len(shares), summaryRows)] {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", ui.Markdown(s.Name), strings.Join(u.cells(s), " | "), ui.Bar(s.Bytes, u.Bytes, shareBar))
		}
		if more := len(shares) - summaryRows; more > 0 {
			fmt.Fprintf(&b, "\nand %d more\n", more)
		}
	})
	return b.String()
}
