package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

func TestNotes(t *testing.T) {
	tests := []struct {
		name  string
		notes Notes
		write func(Notes)
		want  string
	}{
		{
			name:  "a hint has a line for each of its lines",
			write: func(n Notes) { n.Note(Warning, "no cache", "do this\nor that") },
			want:  "warning: no cache\nhint: do this\nhint: or that\n",
		},
		{
			name:  "only the first word is coloured",
			notes: Notes{Colour: true},
			write: func(n Notes) { n.Note(Error, "no cache", "") },
			want:  "\x1b[31merror:\x1b[0m no cache\n",
		},
		{
			name:  "an annotation is the one line that says it",
			notes: Notes{Annotate: true},
			write: func(n Notes) { n.Note(Warning, "100% full", "prune\n") },
			want:  "::warning::100%25 full\nhint: prune\n",
		},
		{
			name:  "YAML is written to be pasted",
			write: func(n Notes) { n.Note(Error, "no token", "add this step:\n- name: a\n  uses: b\n") },
			want:  "error: no token\nhint: add this step:\n- name: a\n  uses: b\n",
		},
		{
			name:  "an info is no annotation",
			notes: Notes{Annotate: true},
			write: func(n Notes) { n.Note(Info, "fine", "") },
			want:  "info: fine\n",
		},
		{
			name:  "a wrapped error keeps its hint",
			write: func(n Notes) { n.Error(fmt.Errorf("building: %w", hint.With(errors.New("no builder"), "make one"))) },
			want:  "error: building: no builder\nhint: make one\n",
		},
		{
			name:  "joined errors are written one by one",
			write: func(n Notes) { n.Error(errors.Join(errors.New("a"), hint.With(errors.New("b"), "c"))) },
			want:  "error: a\nerror: b\nhint: c\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			tt.notes.W = &b
			tt.write(tt.notes)
			if b.String() != tt.want {
				t.Errorf("got %q, want %q", b.String(), tt.want)
			}
		})
	}
}
