package diagnose_test

import (
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

func TestALayerThatALocalCacheLacks(t *testing.T) {
	const (
		step  = "#3 importing cache manifest from local:1179640651726553820\n#3 DONE 0.0s\n"
		newer = "ERROR: failed to build: failed to solve: failed to compute cache key: NotFound: rpc error: code = NotFound desc = content sha256:8bdd898b: not found"
		older = "error: failed to solve: failed to compute cache key: content digest sha256:8bdd898b: not found"
	)
	for name, test := range map[string]struct{ log, want string }{
		"the step tells":                              {step + newer, "certain"},
		"the step tells, as bake prints it":           {"#3 [app] importing cache manifest from local:1179640651726553820\n" + newer, "certain"},
		"an older text":                               {step + older, "certain"},
		"nothing but the error":                       {newer, "probable"},
		"the builder's own layers":                    {older, ""},
		"another build read the local cache":          {step + "#0 building with \"b\" instance using docker-container driver\n" + older, ""},
		"a layout of the OCI, which is asked for too": {"#2 [context base] OCI load from client\n" + step + newer, "probable"},
		"an ingress without layers":                   {step + "ERROR: failed to solve: ghcr.io/o/r:latest: not found", ""},
	} {
		got := explain(t, test.log)
		switch {
		case test.want == "" && len(got) == 0:
		case len(got) != 1 || got[0].Cause.ID != "local-layer-missing" || got[0].Cause.Certain != (test.want == "certain"):
			t.Errorf("%s: got %+v, want it %s", name, got, test.want)
		}
	}
	f, ok := diagnose.ExplainError(strings.TrimPrefix(newer, "ERROR: failed to build: failed to solve: "))
	if !ok || f.Cause.ID != "local-layer-missing" || f.Cause.Certain {
		t.Errorf("of a message of the history: got %+v", f)
	}
}
