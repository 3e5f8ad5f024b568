package cacheopts

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/docker/buildx/util/buildflags"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name  string
		value string
		want  []Entry
	}{
		{"an empty value is no entry", "", nil},
		{"gha with attributes", "type=gha,mode=max,scope=x", []Entry{{"gha", map[string]string{"mode": "max", "scope": "x"}}}},
		{"keys are folded, the type is not", "TYPE=GHA,Scope=X", []Entry{{"GHA", map[string]string{"scope": "X"}}}},
		{"keys keep their spaces", "type=gha, scope=x", []Entry{{"gha", map[string]string{" scope": "x"}}}},
		{"a comma needs quotes", `type=gha,"scope=a,b"`, []Entry{{"gha", map[string]string{"scope": "a,b"}}}},
		{"the last of equal keys wins", "type=gha,scope=a,SCOPE=b", []Entry{{"gha", map[string]string{"scope": "b"}}}},
		{"values keep their equals signs", "type=gha,url=http://h/?a=b", []Entry{{"gha", map[string]string{"url": "http://h/?a=b"}}}},
		{"references", "user/a,user/b", []Entry{
			{"registry", map[string]string{"ref": "user/a"}},
			{"registry", map[string]string{"ref": "user/b"}},
		}},
		{"a type without attributes", "type=inline", []Entry{{"inline", map[string]string{}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseSaysHowToWriteWhatItCannotRead(t *testing.T) {
	tests := []struct {
		name, value, text, hint string
	}{
		{"the type has a space before it", " type=gha,scope=x", `reading cache option " type=gha,scope=x": type is missing`, "type=gha,scope=x"},
		{"the type is not named", "gha,scope=x", `reading cache option "gha,scope=x": field 1 is not key=value`, "type=gha,scope=x"},
		{"a quote is in the wrong place", `type="gha",scope=x`, `reading cache option "type=\"gha\",scope=x": parse error on line 1, column 6: bare " in non-quoted-field`, "type=gha,scope=x"},
		{"the hint corrects everything", `gha, scop= x,mode="full"`, `reading cache option "gha, scop= x,mode=\"full\"": parse error on line 1, column 19: bare " in non-quoted-field`, "type=gha,mode=max,scope=x"},
		{"another type is not guessed at", "local,dest=x", `reading cache option "local,dest=x": field 1 is not key=value`, ""},
		{"a word of its own", "type=gha,scope=x,mode=max,b", `reading cache option "type=gha,scope=x,mode=max,b": field 4 is not key=value`, ""},
		{"a token is not shown, nor what may belong to it", `type=gha,token=abc,def`, `reading cache option "type=gha,token=*****": field 3 is not key=value`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.value)
			want := Problem{Code: CodeUnreadable, Level: LevelError, Value: cutSecret(tt.value), Text: tt.text, Hint: tt.hint}
			if diff := cmp.Diff(want, err); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseSaysThatAScopeHasAComma(t *testing.T) {
	for _, value := range []string{"type=gha,scope=a,b", `type=gha,scope="a,b"`, `scope="a,b",type=gha`, `type=gha,"scope=a,b`, "gha,scope=a,b"} {
		_, err := Parse(value)
		want := Problem{CodeUnreadable, LevelError, "scope", "a,b", `a scope cannot contain a comma: "a,b"`, "type=gha,scope=a-b"}
		if diff := cmp.Diff(want, err); diff != "" {
			t.Errorf("%s: %s", value, diff)
		}
	}
}

func TestEntryUnmarshalsWhatBakePrints(t *testing.T) {
	var got []Entry
	const printed = `[{"mode":"max","scope":"x","type":"gha"},{"ref":"user/app","type":"registry"},"type=gha,scope=y"]`
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatal(err)
	}
	want := []Entry{
		{"gha", map[string]string{"mode": "max", "scope": "x"}},
		{"registry", map[string]string{"ref": "user/app"}},
		{"gha", map[string]string{"scope": "y"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`[{"scope":"x"}]`, `[null]`, `[3]`, `["scope=x"]`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s is read without an error", bad)
		}
	}
}

func TestRedact(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"both tokens", "type=gha,token=abc,ghtoken=def,scope=x", "type=gha,ghtoken=*****,scope=x,token=*****"},
		{"nothing to hide stays byte for byte", "type=gha,scope=x,mode=max", "type=gha,scope=x,mode=max"},
		{"a key with a space", "type=gha, token=abc", "type=gha, token=*****"},
		{"a misspelt key", "type=gha,tokn=abc", "type=gha,tokn=*****"},
		{"credentials of other types", "type=s3,session_token=a,secret_access_key=b,bucket=c", "type=s3,bucket=c,secret_access_key=*****,session_token=*****"},
		{"a value that cannot be read", `type=gha,"token=abc`, `type=gha,"token=*****`},
		{"an unreadable value that goes on after the token", `type=gha,TOKEN = abc,def,scope=x`, `type=gha,TOKEN =*****`},
		{"a reference", "user/token", "user/token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Redact(tt.value); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestScopePerTarget(t *testing.T) {
	for _, tt := range []struct{ entry, want string }{
		{"type=gha", "type=gha,scope=app"},
		{"type=gha,scope=x,mode=max", "type=gha,mode=max,scope=x-app"},
		{"type=local,dest=x", "type=local,dest=x"},
	} {
		if got := ScopePerTarget(entry(t, tt.entry), "app").Value(); got != tt.want {
			t.Errorf("%s became %s, want %s", tt.entry, got, tt.want)
		}
	}
}

func TestScopeAndIgnoreErrorAreReadAsByBuildKit(t *testing.T) {
	for value, want := range map[string]string{"type=gha": "buildkit", "type=gha,scope=": "", "type=gha,scope=x": "x"} {
		if got := entry(t, value).Scope(); got != want {
			t.Errorf("scope of %s is %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]bool{"true": true, "1": true, "T": true, "yes": false, "": false, "false": false} {
		if got := entry(t, "type=gha,ignore-error="+value).IgnoreError(); got != want {
			t.Errorf("ignore-error=%s is %t, want %t", value, got, want)
		}
	}
}

// entry parses one option that is known to be good.
func entry(t testing.TB, value string) Entry {
	t.Helper()
	entries, err := Parse(value)
	if err != nil || len(entries) != 1 {
		t.Fatalf("parsing %q: %v, %v", value, entries, err)
	}
	return entries[0]
}

// optionValue generates values of which many are nearly right.
func optionValue() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"type=gha", "type=registry", "ref", "scope=x", "Mode=max", "=", ",", `"`, `""`, " ", "\n", "\r", "\r\n", "a", "user/app", "é", "İ", "\x80"}),
		rapid.String(),
	)
	free := rapid.Map(rapid.SliceOfN(piece, 0, 8), func(parts []string) string { return strings.Join(parts, "") })
	fields := rapid.Map(rapid.SliceOfN(piece, 1, 5), func(parts []string) string { return strings.Join(parts, ",") })
	quoted := rapid.Map(rapid.SliceOfN(piece, 0, 4), func(parts []string) string {
		return `type=gha,"` + strings.ReplaceAll(strings.Join(parts, ","), `"`, `""`) + `=v"`
	})
	return rapid.OneOf(free, fields, quoted)
}

func TestParseAndStringAreThoseOfBuildx(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) { read += compareWithBuildx(t, optionValue().Draw(t, "value")) })
	if read == 0 {
		t.Error("buildx read none of the generated values")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "type=gha,scope=x", `type=gha,"scope=a,b"`, "a,b", "type=gha, scope=x\n", `"a,b"`, "type=registry,ref=", `type=gha,"x=a""b"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) { compareWithBuildx(t, value) })
}

// failer is what testing.T and rapid.T have in common here.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// compareWithBuildx returns the number of entries that buildx reads.
func compareWithBuildx(t failer, value string) int {
	t.Helper()
	want, wantErr := buildflags.ParseCacheEntry([]string{value})
	got, err := Parse(value)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: buildx says %v, Parse says %v", value, wantErr, err)
	}
	if len(got) != len(want) {
		t.Fatalf("%q: buildx reads %d entries, Parse %d", value, len(want), len(got))
	}
	for i, e := range got {
		if theirs := (Entry{Type: want[i].Type, Attrs: want[i].Attrs}); !e.equal(theirs) {
			t.Fatalf("%q: buildx reads %q, Parse %q", value, theirs, e)
		}
		printed := e.Value()
		again, err := buildflags.ParseCacheEntry([]string{printed})
		if err != nil || len(again) != 1 || !e.equal(Entry{again[0].Type, again[0].Attrs}) {
			t.Fatalf("%q: printed as %q, which buildx reads as %v, %v", value, printed, again, err)
		}
		theirs := want[i].String()
		if own, err := Parse(theirs); err == nil && len(own) == 1 && own[0].equal(e) && theirs != printed && !strings.ContainsAny(theirs, "\r\n") {
			t.Fatalf("%q: printed as %q, by buildx as %q", value, printed, theirs)
		}
	}
	return len(want)
}

func TestWithAndWithoutLeaveTheOriginalAlone(t *testing.T) {
	e := entry(t, "type=gha,scope=x")
	changed := e.With("scope", "y").Without("mode")
	if e.Value() != "type=gha,scope=x" || changed.Value() != "type=gha,scope=y" {
		t.Errorf("%s became %s", e, changed)
	}
	if got := (Entry{Type: "gha"}).With("scope", "x").Value(); got != "type=gha,scope=x" {
		t.Errorf("an entry without attributes became %s", got)
	}
}

func TestAttributesHaveUniqueNamesAndNoEmptyText(t *testing.T) {
	var names []string
	for _, attr := range Attributes() {
		if attr.Name == "" || attr.Type == "" || attr.Meaning == "" || len(attr.Sides) == 0 {
			t.Errorf("%+v is incomplete", attr)
		}
		names = append(names, attr.Name)
	}
	slices.Sort(names)
	if want := strings.Fields("ghtoken ignore-error mode repository scope timeout token url url_v2 version"); !slices.Equal(names, want) {
		t.Errorf("attributes %v, want %v", names, want)
	}
}
