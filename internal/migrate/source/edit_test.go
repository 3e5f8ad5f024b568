package source_test

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source/sourcetest"
)

func FuzzApply(f *testing.F) {
	f.Add([]byte("version: v0.12.0\n"), 9, 16, "v0.38.2")
	f.Add([]byte("x"), -1, 5, "")
	f.Fuzz(func(t *testing.T, src []byte, start, end int, with string) {
		e := source.Edit{Start: start, End: end, New: with}
		if start >= 0 && start <= end && end <= len(src) {
			e.Old = string(src[start:end])
		}
		out, err := source.Apply(src, []source.Edit{e, e})
		if err != nil {
			if start >= 0 && start <= end && end <= len(src) {
				t.Fatal(err)
			}
			return
		}
		sourcetest.OnlyEdited(t, src, out, []source.Edit{e})
	})
}

func TestApplyRefuses(t *testing.T) {
	src := []byte("0123456789")
	for _, tt := range []struct {
		name  string
		edits []source.Edit
	}{
		{"other bytes than expected", []source.Edit{{Start: 1, End: 2, Old: "2", New: "x"}}},
		{"a place behind the end", []source.Edit{{Start: 9, End: 11, Old: "9", New: "x"}}},
		{"a negative place", []source.Edit{{Start: -1, End: 0}}},
		{"an end before the start", []source.Edit{{Start: 3, End: 2}}},
		{"overlapping edits", []source.Edit{{Start: 1, End: 4, Old: "123", New: "x"}, {Start: 3, End: 5, Old: "34", New: "y"}}},
		{"two replacements of the same bytes", []source.Edit{{Start: 1, End: 2, Old: "1", New: "x"}, {Start: 1, End: 2, Old: "1", New: "y"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if out, err := source.Apply(src, tt.edits); err == nil {
				t.Errorf("got %q", out)
			}
		})
	}
	got, err := source.Apply(src, []source.Edit{{Start: 5, End: 6, Old: "5", New: ""}, {Start: 0, End: 0, New: "a"}, {Start: 5, End: 6, Old: "5", New: ""}})
	if err != nil || string(got) != "a012346789" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestVerifyRefuses holds edits that apply and still must not be written.
func TestVerifyRefuses(t *testing.T) {
	for _, tt := range []struct {
		name     string
		kind     source.Kind
		src, old string
		new      string
	}{
		{"a key of the mapping", source.Workflow, "a: b\nc: d\n", "b", "b\ne: f"},
		{"another structure", source.Workflow, "a: b\nc: d\n", "b", "[b]"},
		{"a duplicate key", source.Workflow, "a: b\n", "b", "b\na: c"},
		{"broken YAML", source.Workflow, "a: b\n", "b", "{"},
		{"a comment that swallows", source.Workflow, "a: [b, c]\n", "b", "b #"},
		{"broken JSON", source.JSON, `{"a": "b"}`, `"b"`, "b"},
		{"another HCL token", source.HCL, "a = \"b\"\n", "\"b\"", "b"},
		{"broken HCL", source.HCL, "a = \"b\"\n", "b", "\""},
		{"another shell command", source.Shell, "echo a\n", "a", "a; b"},
		{"broken shell", source.Shell, "echo a\n", "a", "'"},
		{"another line in a Makefile", source.Make, "a = b\n", "b", "b\nc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &source.File{Path: "x", Kind: tt.kind, Src: []byte(tt.src)}
			at := strings.LastIndex(tt.src, tt.old)
			if tt.name == "a comment that swallows" {
				at = strings.Index(tt.src, "b,")
			}
			if out, err := f.Apply([]source.Edit{{Start: at, End: at + len(tt.old), Old: tt.old, New: tt.new}}); err == nil {
				t.Errorf("wrote %q", out)
			}
		})
	}
}
