package view

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

func TestRowsAreSorted(t *testing.T) {
	a, _ := example(t, everyRef)
	for _, by := range []string{"size", "created", "used", "scope"} {
		rows := AllEntries(a, listing.Selector{})
		check(t, rows.Sort(by, false))
		for i := 1; i < len(rows.rows); i++ {
			before, after := rows.rows[i-1].order(), rows.rows[i].order()
			if by == "size" && after.size > before.size || by == "created" && after.created.After(before.created) ||
				by == "used" && after.used.After(before.used) || by == "scope" && after.scope < before.scope {
				t.Errorf("by %s, %d stands after %d", by, after.id, before.id)
			}
		}
	}
	if err := Caches(a, forecast(a), listing.Selector{}).Sort("name", false); !hint.IsUsage(err) {
		t.Errorf("an unknown order: %v", err)
	}
}

func TestFormats(t *testing.T) {
	a, _ := example(t, everyRef)
	rows := Caches(a, forecast(a), listing.Selector{Scopes: []string{"app", "web"}})
	tests := []struct {
		name   string
		format Format
		want   string // in the output
		usage  bool
		err    string
	}{
		{name: "a table", want: "SCOPE  REF"},
		{name: "a table of columns", format: Format{Template: `table {{.Scope}}\t{{.Versions}}`}, want: "SCOPE  VERSIONS\napp    1\n"},
		{name: "a template", format: Format{Template: "<{{.Scope}}>"}, want: "<app>\n<app>\n"},
		{name: "names, each once", format: Format{Quiet: true}, want: "app\nweb\n"},
		{name: "JSON, a line each", format: Format{Template: "json"}, want: `{"scope":"web","ref":"refs/heads/main",`},
		{name: "a template that cannot be read", format: Format{Template: "{{"}, usage: true, err: "reading --format: "},
		{name: "a field that is none", format: Format{Template: "{{.Nope}}"}, usage: true, err: `unknown field "Nope" in --format; the fields are: Scope, Ref, `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			err := rows.Print(ui.Output{Writer: &b}, tt.format)
			if tt.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.err) || hint.IsUsage(err) != tt.usage || b.Len() > 0 {
					t.Fatalf("got error %v and %q", err, b.String())
				}
				return
			}
			check(t, err)
			if !strings.Contains(b.String(), tt.want) {
				t.Errorf("got\n%s", b.String())
			}
		})
	}
}

func TestWhatIsNotKnownIsNeverANumber(t *testing.T) {
	a, _ := example(t, noRef)
	rows := Caches(a, forecast(a), listing.Selector{})
	text := printed(t, func(out ui.Output) error {
		return rows.Print(out, Format{Template: "{{.Layers}} {{.Size}} {{.Unique}}"})
	})
	if strings.Trim(text, "- \n") != "" {
		t.Errorf("got\n%s", text)
	}
	lines := printed(t, func(out ui.Output) error { return rows.Print(out, Format{Template: "json"}) })
	for line := range strings.Lines(lines) {
		var fields map[string]any
		check(t, json.Unmarshal([]byte(line), &fields))
		for _, name := range []string{"layers", "missing", "size", "unique"} {
			if value, there := fields[name]; value != nil || !there {
				t.Errorf("%s is %v", name, value)
			}
		}
	}
}

func TestOthers(t *testing.T) {
	a, _ := example(t, everyRef)
	if n, bytes := Others(a); n != 1 || bytes != 5<<20 {
		t.Errorf("%d entries of other tools with %d bytes", n, bytes)
	}
	if all, own := len(AllEntries(a, listing.Selector{}).rows), len(Entries(a, listing.Selector{}).rows); all != own+1 {
		t.Errorf("%d rows of all, %d without other tools", all, own)
	}
}
