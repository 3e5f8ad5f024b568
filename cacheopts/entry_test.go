package cacheopts

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func TestScopePerPlatform(t *testing.T) {
	for _, tt := range []struct{ entry, want string }{
		{"type=gha", "type=gha,scope=buildkit-linux-arm-v7"},
		{"type=gha,scope=x,mode=max", "type=gha,mode=max,scope=x-linux-arm-v7"},
		{"type=local,dest=x", "type=local,dest=x"},
	} {
		if got := ScopePerPlatform(entry(t, tt.entry), "linux/arm/v7").Value(); got != tt.want {
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
