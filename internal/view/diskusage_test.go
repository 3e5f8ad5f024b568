package view

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Each entry counts once in each list, whatever is known of it.
func TestSharesAddUp(t *testing.T) {
	for name, read := range map[string]func(string) bool{
		"all indexes": everyRef, "none": noRef, "those of one ref": func(ref string) bool { return ref == servertest.OpenPull },
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := example(t, read)
			u := Measure(forecast(a).Verdicts, cacheclient.Limits{})
			for _, list := range [][]Share{u.Scopes, u.Refs, u.Kinds} {
				var bytes, reclaimable, likely int64
				entries := 0
				for i, s := range list {
					bytes, entries = bytes+s.Bytes, entries+s.Entries
					reclaimable, likely = reclaimable+s.Reclaimable, likely+s.Likely
					if i > 0 && s.Bytes > list[i-1].Bytes {
						t.Errorf("%s stands after %s", s.Name, list[i-1].Name)
					}
				}
				if reclaimable != u.Reclaimable || likely != u.Likely || reclaimable+likely == 0 {
					t.Errorf("%v is %d of %d reclaimable bytes, %d of %d likely", list, reclaimable, u.Reclaimable, likely, u.Likely)
				}
				if bytes != u.Bytes || entries != u.Entries || entries != len(a.Items) {
					t.Errorf("%v is %d of %d bytes, %d of %d entries", list, bytes, u.Bytes, entries, u.Entries)
				}
			}
		})
	}
}

func TestALayerOfSeveralScopesIsOfNone(t *testing.T) {
	a, _ := example(t, everyRef)
	shares := map[string]Share{}
	for _, s := range Measure(forecast(a).Verdicts, cacheclient.Limits{}).Scopes {
		shares[s.Name] = s
	}
	if got := shares[sharedScopes]; got.Entries != 2 { // base and app
		t.Errorf("shared are %+v", got)
	}
	if got := shares[otherTools]; got != (Share{Name: otherTools, Bytes: 5 << 20, Entries: 1}) {
		t.Errorf("of other tools are %+v", got)
	}
	a, _ = example(t, noRef)
	for _, s := range Measure(forecast(a).Verdicts, cacheclient.Limits{}).Scopes {
		if s.Name == sharedScopes {
			t.Errorf("without indexes, shared are %+v", s)
		}
	}
}

func TestTotal(t *testing.T) {
	for _, tt := range []struct {
		usage DiskUsage
		want  string
	}{
		{DiskUsage{}, "0B in 0 entries"},
		{DiskUsage{Bytes: 1 << 30, Entries: 1}, "1GiB in 1 entry"},
		{DiskUsage{Bytes: 5 << 30, Entries: 2, Limit: 10 << 30}, "5GiB of 10GiB (50%) in 2 entries"},
		{DiskUsage{Bytes: 1, Entries: 2, MaxAge: int64(7 * 24 * time.Hour / time.Second)}, "1B in 2 entries, kept for 7 days after their last use"},
	} {
		if got := tt.usage.total(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestTablesFitTheTerminal(t *testing.T) {
	a, indexes := example(t, everyRef)
	used := Measure(forecast(a).Verdicts, cacheclient.Limits{Size: 10 << 30})
	var found []Inspected
	for i := range a.Caches {
		found = append(found, Inspect(a, &a.Caches[i], indexes[a.Caches[i].Head.ID]))
	}
	for width := 50; width < 200; width += 7 {
		for name, write := range map[string]func(ui.Output) error{
			"du": used.Print, "inspect": func(out ui.Output) error { return PrintInspected(out, found) },
		} {
			t.Run(fmt.Sprint(name, " ", width), func(t *testing.T) {
				var b strings.Builder
				check(t, write(ui.Output{Writer: &b, Width: width, Terminal: true, Style: ui.Style{Now: servertest.Noon(), Short: true}}))
				for line := range strings.Lines(b.String()) {
					if name == "inspect" && strings.Contains(line, ":  ") {
						continue // a terminal breaks these lines, so that digests can be copied
					}
					if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
						t.Errorf("%d characters: %s", n, line)
					}
				}
				if strings.Contains(b.String(), "\x1b") {
					t.Error("the name of a scope reaches the terminal")
				}
			})
		}
	}
}

func TestInspectCutsNoDigest(t *testing.T) {
	a, indexes := example(t, everyRef)
	c := &a.Caches[len(a.Caches)-1]
	found := Inspect(a, c, indexes[c.Head.ID])
	var b strings.Builder
	check(t, PrintInspected(ui.Output{Writer: &b, Width: 80, Terminal: true, Style: ui.Style{Now: servertest.Noon(), Short: true}}, []Inspected{found}))
	if !strings.Contains(b.String(), *found.Digest) {
		t.Errorf("the digest of the index is cut\n%s", b.String())
	}
	for _, content := range a.Contents(c) {
		if short := shortDigest(content.Digest); strings.Count(b.String(), short) != 2 { // the layer and its record
			t.Errorf("%s is cut\n%s", short, b.String())
		}
	}
}
