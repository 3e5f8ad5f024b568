package tags

import "testing"

func TestVersionsBehindRefs(t *testing.T) {
	table, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, repo, ref, want string }{
		{"an exact tag is itself", "actions/cache", "v4.1.0", "v4.1.0"},
		{"a commit has the tag that points at it", "actions/cache", "2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2", "v4.1.0"},
		{"a commit that no tag points at is not known", "actions/cache", "0123456789012345678901234567890123456789", ""},
		{"a moving tag is what it pointed at", "actions/cache", "v4", table.Newest("actions/cache", "v4")},
		{"a moving tag of another repository stands for the first of its line", "example/cache", "v4", "v4.0.0"},
		{"a branch is not known", "actions/cache", "main", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := table.Version(tt.repo, tt.ref); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if newest := table.Newest("actions/cache", "v3"); table.Commit("actions/cache", newest) == "" || !IsCommit(table.Commit("actions/cache", newest)) {
		t.Errorf("the newest tag %q of version 3 has no commit", newest)
	}
	if table.Newest("example/cache", "") != "" || table.Knows("example/cache") {
		t.Error("a repository is known that is not in the table")
	}
}
