package diagnose_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// framings are how CI systems and viewers show a line.
var framings = map[string]string{
	"act":                           "[build/docker]   | %s",
	"act in colour":                 "\x1b[36m[build/docker]   | \x1b[0m%s",
	"Gitea":                         "| %s",
	"Forgejo with timestamps":       "2025-04-16T10:00:00.1234567Z | %s",
	"goreleaser":                    "    │ %s",
	"compose":                       "web-1  | %s",
	"compose, with a time":          "web-1  | 2025-04-16T10:00:00.123456789Z %s",
	"indentation":                   "        %s",
	"a tab":                         "\t%s",
	"an annotation of gh run view":  "X %s",
	"another annotation":            "! %s",
	"a quotation":                   "> %s",
	"a list":                        "- %s",
	"a marked stream":               "[stdout] %s",
	"gh run view":                   "build\tBuild and push\t2025-04-16T10:00:00.0000000Z %s",
	"gh run view with a BOM":        "build\tUNKNOWN STEP\t\ufeff2025-04-16T10:00:00.0000000Z %s",
	"an error of a runner":          "##[error]%s",
	"a command of a runner":         "::error file=a,line=1::%s",
	"a time zone":                   "2025-04-16T12:00:00.000+02:00 %s",
	"a time zone's name":            "2025-04-16 12:00:00 CEST %s",
	"a time in brackets":            "[2025-04-16 12:00:00.123] %s",
	"Jenkins":                       "[2025-04-16T12:00:00.123Z] %s",
	"Jenkins with a stage and time": "12:00:00  [build] %s",
	"Buildkite":                     "\x1b_bk;t=1713261600123\x07%s",
	"Buildkite, downloaded":         "[2025-04-16T12:00:00Z] %s",
	"GitLab":                        "\x1b[0K%s",
	"GitLab with timestamps":        "2025-04-16T12:00:00.123456Z 00O %s",
	"syslog":                        "Apr 16 12:00:00 host docker[123]: %s",
	"kubectl":                       "[pod/builder/buildkitd] %s",
	"docker's JSON":                 `{"log":%q,"stream":"stderr","time":"2025-04-16T12:00:00Z"}`,
	"a logger's JSON":               `{"level":"error","msg":%q}`,
	"a link to the line":            "[157](https://github.com/o/r/actions/runs/1#step:5:157)%s",
	"Markdown":                      "`%s`",
	"bold":                          "**%s**",
	"a label in bold":               "- **Error:** `%s`",
	"a comment":                     "# %s",
	"a clock of twelve hours":       "11:42PM %s",
	"a symbol":                      "❌ %s",
	"a mark of UTF-8":               "\ufeff%s",
}

func framed(format, log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for i, line := range lines {
		lines[i] = fmt.Sprintf(format, line)
	}
	return strings.Join(lines, "\n")
}

func TestFramesDoNotHideCauses(t *testing.T) {
	for name, format := range framings {
		t.Run(name, func(t *testing.T) {
			for _, test := range realLogs {
				got := explain(t, framed(format, test.log))
				if len(got) == 0 || got[0].Cause.ID != test.want {
					t.Errorf("%s: got %v, want %s", test.name, ids(got), test.want)
				}
			}
		})
	}
}

func TestFramesMakeNoCauses(t *testing.T) {
	for name, format := range framings {
		for what, log := range ordinary {
			if got := explain(t, framed(format, log)); len(got) != 0 && !strings.Contains(format, "error") {
				t.Errorf("%s in %s: got %v at line %d, %q", what, name, ids(got), got[0].Line, got[0].Evidence)
			}
		}
	}
}

func TestAnErrorMayBeBroken(t *testing.T) {
	const whole = `ERROR: failed to build: failed to solve: error writing layer blob: failed to reserve cache`
	for at := len("ERROR: f"); at < len(whole); at++ {
		log := whole[:at] + "\n" + whole[at:]
		if got := explain(t, log); len(got) == 0 || got[0].Cause.ID != "reserve-refused" || got[0].Line != 1 || !got[0].Fatal {
			t.Errorf("%q: got %+v", log, got)
		}
	}
	if got := explain(t, "#7 ERROR: failed to\n    reserve\n    cache\n#8 DONE 0.1s"); len(got) != 1 || got[0].Cause.ID != "reserve-refused" {
		t.Errorf("got %v", ids(got))
	}
}

func TestAPasteIsTakenAtItsWord(t *testing.T) {
	for text, want := range map[string]string{
		"failed to reserve cache":                       "reserve-refused",
		"maximum timeout reached\n":                     "throttled-too-long",
		`no builder "ci" found`:                         "builder-missing",
		"It says “failed to reserve cache” since today": "reserve-refused",
		"Since today our jobs end with `ERROR: failed to solve: error writing layer blob: not_found`.": "entry-lost",
		"Since today the gha cache answers `not_found` at its export":                                  "entry-lost",
		"The registry answers `not_found`":                                                             "",
		"A warning (for example, `Failed to save: cache write denied: ...`) is printed":                "",
		"Users see Warning: Failed to restore: Cache service responded with 400":                       "v1-refused",
		"no space left on device": "",
		"internal":                "",
		"failed to reserve cache" + strings.Repeat("\nanother line", 20): "",
	} {
		if got := ids(explain(t, text)); strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, want %q", text, got, want)
		}
	}
}

func TestCausesAreFoundInPagesAndStrings(t *testing.T) {
	for _, test := range realLogs {
		page := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(test.log)
		message, err := json.Marshal(map[string]string{"message": test.log})
		if err != nil {
			t.Fatal(err)
		}
		for what, log := range map[string]string{"a page of HTML": page, "a string of JSON": string(message)} {
			if got := explain(t, log); len(got) == 0 || got[0].Cause.ID != test.want {
				t.Errorf("%s in %s: got %v, want %s", test.name, what, ids(got), test.want)
			}
		}
	}
}
