package ui

import (
	"strings"
	"testing"
)

func TestBar(t *testing.T) {
	for _, tt := range []struct {
		part, whole int64
		want        string
	}{
		{0, 10, "░░░░"}, {5, 10, "██░░"}, {10, 10, "████"}, {20, 10, "████"}, {-1, 10, "░░░░"}, {1, 0, "░░░░"},
	} {
		if got := Bar(tt.part, tt.whole, 4); got != tt.want {
			t.Errorf("Bar(%d, %d) = %s, want %s", tt.part, tt.whole, got, tt.want)
		}
	}
}

func TestProgress(t *testing.T) {
	var b strings.Builder
	p := Progress{W: &b, Label: "deleting", Total: 2}
	p.Show(1, "1MB")
	p.Done()
	if want := "\r\x1b[Kdeleting " + Bar(1, 2, barWidth) + " 1/2 1MB\r\x1b[K"; b.String() != want {
		t.Errorf("got %q", b.String())
	}
	Progress{}.Show(1, "") // draws nothing, and does not fail
}
