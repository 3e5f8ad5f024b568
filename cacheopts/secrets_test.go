package cacheopts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
)

// secretValue is a token that can be in no text by accident.
const secretValue = "S3cr3tS3cr3t"

func TestNoOutputOfFmtShowsAToken(t *testing.T) {
	e := Entry{Type: "gha", Attrs: map[string]string{"token": secretValue, "scope": "x"}}
	values := map[string]any{
		"Entry": e, "*Entry": &e, "[]Entry": []Entry{e},
		"Request": Request{Side: To, Entry: e}, "[]Request": []Request{{Side: To, Entry: e}},
		"Completed": Completed{Entry: e}, "Result": Result{Entries: []Completed{{Entry: e}}, Env: map[string]string{tokenVariable: secretValue}},
		"Runtime": Runtime{Token: secretValue, GHToken: secretValue, URL: runtimeURL},
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%40v"} {
			if got := fmt.Sprintf(verb, values[name]); strings.Contains(got, secretValue) || strings.Contains(got, fmt.Sprintf("%x", secretValue)) {
				t.Errorf("%s of %s shows the token: %s", verb, name, got)
			}
		}
	}
	for format, want := range map[string]string{
		"%v": "type=gha,scope=x,token=*****", "%q": `"type=gha,scope=x,token=*****"`, "%30.8v|": "                      type=gha|",
	} {
		if got := fmt.Sprintf(format, e); got != want {
			t.Errorf("%s prints %s, want %s", format, got, want)
		}
	}
	if got := fmt.Sprintf("%+v", Runtime{Token: secretValue, URL: runtimeURL, Job: true}); !strings.Contains(got, "Token:***** ") || !strings.Contains(got, "URL:"+runtimeURL) || !strings.Contains(got, `GHToken: `) {
		t.Errorf("a runtime prints %s", got)
	}
}

func TestNoLogShowsAToken(t *testing.T) {
	e := Entry{Type: "gha", Attrs: map[string]string{"token": secretValue, "scope": "x"}}
	for _, value := range []any{
		e, &e, Request{Side: To, Entry: e}, Completed{Entry: e}, Runtime{Token: secretValue, GHToken: secretValue},
		Result{Entries: []Completed{{Entry: e}}, Env: map[string]string{tokenVariable: secretValue}},
	} {
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
		if strings.Contains(out.String(), secretValue) || strings.Count(out.String(), "*****") < 2 {
			t.Errorf("the logs of a %T: %s", value, &out)
		}
	}
}

func TestEntryMarshalsWhatItUnmarshals(t *testing.T) {
	const printed = `{"mode":"max","scope":"x","token":"t","type":"gha"}`
	var e Entry
	if err := json.Unmarshal([]byte(printed), &e); err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(e); err != nil || string(got) != printed {
		t.Errorf("%s became %s, %v", printed, got, err)
	}
	for name, bad := range map[string]Entry{
		"no type":          {Attrs: map[string]string{"scope": "x"}},
		"a second type":    {Type: "gha", Attrs: map[string]string{"type": "s3"}},
		"bytes, not UTF-8": {Type: "gha", Attrs: map[string]string{"scope": "\x80"}},
		"a key in bytes":   {Type: "gha", Attrs: map[string]string{"\x80": "x"}},
		"a type in bytes":  {Type: "\x80"},
	} {
		if got, err := json.Marshal(bad); err == nil {
			t.Errorf("%s: marshals as %s", name, got)
		}
	}
}

func TestSecretsAreTheNamesOfCredentials(t *testing.T) {
	for name, want := range map[string]bool{
		"token": true, "ghtoken": true, "session_token": true, "secret_access_key": true, "account_key": true, "access-key": true,
		"password": true, "auth": true, "registry.auth": true, "sig": true, "gh_pat": true, "accesstoken": true, "token2": true, "apikey": true, "tokn": true,
		"author": false, "authority": false, "signed": false, "pattern": false, "compat": false, "path": false, "access_key_id": false,
		"scope": false, "keep": false, "keyboard": false, "name": false, "use_path_style": false,
	} {
		e := Entry{Type: "s3", Attrs: map[string]string{name: "v"}}
		if got := e.Secrets(); (len(got) == 1 && got[0] == name) != want || len(got) > 1 {
			t.Errorf("%q: secrets %q", name, got)
		}
		if got := strings.Contains(e.String(), "*****"); got != want {
			t.Errorf("%q is printed as %s", name, e)
		}
	}
	signed := Entry{Type: "azblob", Attrs: map[string]string{"account_url": "https://a/?sv=1&sig=abc"}}
	if got := signed.Secrets(); !slices.Equal(got, []string{"account_url"}) {
		t.Errorf("a signed URL has secrets %q", got)
	}
}
