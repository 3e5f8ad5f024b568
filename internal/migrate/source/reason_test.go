package source

import (
	"strings"
	"testing"
)

// The comments are such as stand in public workflows: docker's own tests, which
// reproduce issues with old versions, and repositories that wait for a fix.
func TestReasonsBesideAPin(t *testing.T) {
	step := "    steps:\n      - uses: docker/setup-buildx-action@v3\n        with:\n          driver: docker-container\n          version: PIN\n"
	for _, tt := range []struct {
		name, src, want string
	}{
		{"none", step, ""},
		{"behind it", strings.Replace(step, "PIN", "PIN # newer breaks our mirror", 1), "newer breaks our mirror"},
		{"above it", strings.Replace(step, "          version", "          # https://github.com/docker/buildx/issues/1\n          version", 1), "https://github.com/docker/buildx/issues/1"},
		{"above its mapping", strings.Replace(step, "        with", "        # a bug in 0.13\n        with", 1), "a bug in 0.13"},
		{"above its step", strings.Replace(step, "      - uses", "      # reproduces a hang\n      - uses", 1), "reproduces a hang"},
		{"the name of its step", strings.Replace(step, "- uses", "- name: minimum version\n        uses", 1), "minimum version"},
		{"above another step", "    steps:\n      # a bug\n      - run: x\n" + strings.TrimPrefix(step, "    steps:\n"), ""},
		{"another name", strings.Replace(step, "- uses", "- name: Set up Buildx\n        uses", 1), ""},
		{"how it is kept up to date", strings.Replace(step, "          version", "          # renovate: datasource=github-releases depName=docker/buildx\n          version", 1), ""},
		{"the version of a commit", strings.Replace(step, "PIN", "PIN # v3.10.0", 1), ""},
		{"a matrix", "      matrix:\n        v:\n          - latest\n          - PIN # oldest we support\n", "oldest we support"},
		{"a variable whose name says it", "MIN_BUILDX=PIN\n", "MIN_BUILDX"},
		{"a variable of a bake file", "# newer ones crash\nvariable \"V\" {\n  default = \"PIN\"\n}\n", "newer ones crash"},
		{"a recipe", "# do not upgrade\nbuilder:\n\tdocker buildx create \\\n\t\t--driver-opt image=PIN\n", "do not upgrade"},
		{"another paragraph", "# do not upgrade\nX=1\n\ndocker buildx create --driver-opt image=PIN\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Reason([]byte(tt.src), strings.Index(tt.src, "PIN")); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
