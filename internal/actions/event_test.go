package actions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDefaultBranch(t *testing.T) {
	for _, tt := range []struct{ name, event, want, problem string }{
		{"a push", `{"ref":"refs/heads/x","repository":{"default_branch":"trunk","name":"app"}}`, "trunk", ""},
		{"a schedule has no repository", `{"schedule":"0 3 * * *"}`, "", "does not tell the default branch"},
		{"cut off", `{"repository":{"defa`, "", "reading the event"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "event.json")
			if err := os.WriteFile(file, []byte(tt.event), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := FromEnv(lookup(map[string]string{"GITHUB_EVENT_PATH": file})).DefaultBranch()
			if got != tt.want || (err == nil) != (tt.problem == "") || err != nil && !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("got %q, error %v", got, err)
			}
		})
	}
}

func TestWithoutAnEventTheDefaultBranchIsNotKnown(t *testing.T) {
	for _, env := range []map[string]string{nil, {"GITHUB_EVENT_PATH": filepath.Join(t.TempDir(), "none.json")}} {
		if got, err := FromEnv(lookup(env)).DefaultBranch(); got != "" || err == nil {
			t.Errorf("%v: got %q", env, got)
		}
	}
}
