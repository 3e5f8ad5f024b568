package ui

import (
	"testing"
	"time"
)

func TestStyleWritesTimes(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.FixedZone("", 3600))
	for age, want := range map[time.Duration]string{
		-time.Second: "now", 59 * time.Second: "now", time.Minute: "1m ago", 59 * time.Minute: "59m ago", time.Hour: "1h ago",
		47 * time.Hour: "47h ago", 48 * time.Hour: "2d ago", 400 * 24 * time.Hour: "400d ago",
	} {
		if got := (Style{Now: now}).Time(now.Add(-age)); got != want {
			t.Errorf("%s ago is %q, want %q", age, got, want)
		}
	}
	if got := (Style{}).Time(now); got != "2026-03-10T11:00:00Z" {
		t.Errorf("in a pipe it is %q", got)
	}
}

func TestStyleWritesText(t *testing.T) {
	for _, tt := range []struct {
		style     Style
		ref, want string
	}{
		{Style{}, "refs/heads/main", "refs/heads/main"},
		{Style{Short: true}, "refs/heads/main", "main"},
		{Style{Short: true}, "refs/pull/12/merge", "#12"},
		{Style{}, "", "-"},
		{Style{Short: true}, "refs/heads/\x1b[31m\r", "\ufffd[31m\ufffd"},
	} {
		if got := tt.style.Ref(tt.ref); got != tt.want {
			t.Errorf("%q is written %q, want %q", tt.ref, got, tt.want)
		}
	}
}

func TestSizeAndCount(t *testing.T) {
	if got := Size(10<<30) + ", " + Entries(1) + ", " + Entries(0) + ", " + Count(2, "index", "indexes"); got != "10GiB, 1 entry, 0 entries, 2 indexes" {
		t.Error(got)
	}
}

func TestMarkdownCellIsText(t *testing.T) {
	if got := MarkdownCell("a|b\n<c> `d` *e*"); got != `a\|b &lt;c> \`+"`d\\`"+` \*e\*` {
		t.Error(got)
	}
}
