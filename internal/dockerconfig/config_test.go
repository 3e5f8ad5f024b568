package dockerconfig

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDockerConfigKeepsWhatIsBeside(t *testing.T) {
	tests := []struct{ name, before, enabled, disabled string }{
		{
			name:     "an empty file",
			before:   "",
			enabled:  "{\n\t\"features\": {\n\t\t\"hooks\": \"true\"\n\t},\n\t\"plugins\": {\n\t\t\"ghacache\": {\n\t\t\t\"error-hooks\": \"x\"\n\t\t}\n\t}\n}\n",
			disabled: "{\n\t\"features\": {\n\t\t\"hooks\": \"true\"\n\t}\n}\n",
		},
		{
			name:     "tabs, as docker writes them",
			before:   "{\n\t\"auths\": {},\n\t\"credsStore\": \"x\"\n}",
			enabled:  "{\n\t\"auths\": {},\n\t\"credsStore\": \"x\",\n\t\"features\": {\n\t\t\"hooks\": \"true\"\n\t},\n\t\"plugins\": {\n\t\t\"ghacache\": {\n\t\t\t\"error-hooks\": \"x\"\n\t\t}\n\t}\n}",
			disabled: "{\n\t\"auths\": {},\n\t\"credsStore\": \"x\",\n\t\"features\": {\n\t\t\"hooks\": \"true\"\n\t}\n}",
		},
		{
			name:     "spaces, and a section that is there",
			before:   "{\n  \"plugins\": { \"debug\": {\"hooks\":\"exec\"} },\n  \"features\": {\n    \"buildkit\": \"true\"\n  },\n  \"z\":   1\n}\n",
			enabled:  "{\n  \"plugins\": { \"debug\": {\"hooks\":\"exec\"},\n    \"ghacache\": {\n      \"error-hooks\": \"x\"\n    } },\n  \"features\": {\n    \"buildkit\": \"true\",\n    \"hooks\": \"true\"\n  },\n  \"z\":   1\n}\n",
			disabled: "{\n  \"plugins\": { \"debug\": {\"hooks\":\"exec\"} },\n  \"features\": {\n    \"buildkit\": \"true\",\n    \"hooks\": \"true\"\n  },\n  \"z\":   1\n}\n",
		},
		{
			name:     "one line",
			before:   `{"auths":{}}`,
			enabled:  `{"auths":{},"features":{"hooks":"true"},"plugins":{"ghacache":{"error-hooks":"x"}}}`,
			disabled: `{"auths":{},"features":{"hooks":"true"}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse([]byte(tt.before))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time changes nothing
				if err := c.Set("true", "features", "hooks"); err != nil {
					t.Fatal(err)
				}
				if err := c.Set("x", "plugins", "ghacache", "error-hooks"); err != nil {
					t.Fatal(err)
				}
			}
			if got := string(c.Bytes()); got != tt.enabled || !json.Valid(c.Bytes()) {
				t.Errorf("enabled:\n%s\nwant:\n%s", got, tt.enabled)
			}
			if got := c.Get("plugins", "ghacache", "error-hooks"); got != "x" {
				t.Errorf("reads back %q", got)
			}
			c.Remove("plugins", "ghacache", "error-hooks")
			if got := string(c.Bytes()); got != tt.disabled {
				t.Errorf("disabled:\n%s\nwant:\n%s", got, tt.disabled)
			}
		})
	}
}

func TestDockerConfigRefusesWhatItCannotEdit(t *testing.T) {
	for _, text := range []string{"[]", "{", "null"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is taken for a configuration", text)
		}
	}
	c, err := Parse([]byte(`{"features": "all"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Set("true", "features", "hooks"); err == nil || !strings.Contains(err.Error(), `"features" is no JSON object`) {
		t.Errorf("got %v", err)
	}
}

func FuzzDockerConfig(f *testing.F) {
	f.Add("{\"a\": [1, {\"b\": null}]}")
	f.Add("{\n  // comment\n  \"a\": 1,\n}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text))
		if err != nil || c.Set("v", "plugins", "ghacache", "error-hooks") != nil {
			return
		}
		again, err := Parse(c.Bytes())
		if err != nil {
			t.Fatalf("%q became %q: %v", text, c.Bytes(), err)
		}
		if got := again.Get("plugins", "ghacache", "error-hooks"); got != "v" {
			t.Errorf("%q became %q, which reads %q", text, c.Bytes(), got)
		}
	})
}
