package plugin

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
			c, err := parseDockerConfig([]byte(tt.before))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time changes nothing
				if err := c.set("true", "features", "hooks"); err != nil {
					t.Fatal(err)
				}
				if err := c.set("x", "plugins", "ghacache", "error-hooks"); err != nil {
					t.Fatal(err)
				}
			}
			if got := string(c.bytes()); got != tt.enabled || !json.Valid(c.bytes()) {
				t.Errorf("enabled:\n%s\nwant:\n%s", got, tt.enabled)
			}
			if got := c.get("plugins", "ghacache", "error-hooks"); got != "x" {
				t.Errorf("reads back %q", got)
			}
			c.remove("plugins", "ghacache", "error-hooks")
			if got := string(c.bytes()); got != tt.disabled {
				t.Errorf("disabled:\n%s\nwant:\n%s", got, tt.disabled)
			}
		})
	}
}

func TestDockerConfigRefusesWhatItCannotEdit(t *testing.T) {
	for _, text := range []string{"[]", "{", "null"} {
		if _, err := parseDockerConfig([]byte(text)); err == nil {
			t.Errorf("%q is taken for a configuration", text)
		}
	}
	c, err := parseDockerConfig([]byte(`{"features": "all"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.set("true", "features", "hooks"); err == nil || !strings.Contains(err.Error(), `"features" is no JSON object`) {
		t.Errorf("got %v", err)
	}
}

func FuzzDockerConfig(f *testing.F) {
	f.Add("{\"a\": [1, {\"b\": null}]}")
	f.Add("{\n  // comment\n  \"a\": 1,\n}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseDockerConfig([]byte(text))
		if err != nil || c.set("v", "plugins", "ghacache", "error-hooks") != nil {
			return
		}
		again, err := parseDockerConfig(c.bytes())
		if err != nil {
			t.Fatalf("%q became %q: %v", text, c.bytes(), err)
		}
		if got := again.get("plugins", "ghacache", "error-hooks"); got != "v" {
			t.Errorf("%q became %q, which reads %q", text, c.bytes(), got)
		}
	})
}
