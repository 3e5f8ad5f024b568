package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/guide"

	"github.com/spf13/cobra"
)

// What the documentation shows is read by the program's own parsers, also what make docs-test cannot run.
func TestTheDocumentationShowsCommandsThatCanBeRead(t *testing.T) {
	pages, err := guide.Pages("..")
	check(t, err)
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			blocks, err := guide.Blocks(page)
			check(t, err)
			for _, block := range blocks {
				if err := readBlock(block); err != nil {
					t.Errorf("the block at line %d: %v", block.Line, err)
				}
			}
			for _, span := range guide.Spans(page) {
				if err := readSpan(span); err != nil {
					t.Errorf("`%s`: %v", span, err)
				}
			}
		})
	}
}

func TestWrongCommandsInTheDocumentationAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"docker ghacache lst":                               `unknown command "lst"`,
		"docker ghacache ls --scop x":                       "unknown flag: --scop",
		"docker ghacache prune --grace never":               "invalid argument",
		"docker ghacache ls x":                              `unexpected argument "x"`,
		"docker ghacache build --gha-sunmary .":             "unknown flag: --gha-sunmary",
		"docker ghacache build --gha-write=sometimes .":     "sometimes",
		"docker ghacache build --cache-to type=gha,mod=x .": `unknown attribute "mod"`,
		"docker ghacache serve -- docker ghacache du -x":    "unknown shorthand flag: 'x'",
		"A=b docker ghacache du &":                          "",
		"docker ghacache build -t a --new-option .":         "", // buildx may know it
	} {
		got := readBlock(guide.Block{Lang: "console", Text: "$ " + text + "\n"})
		if (got == nil) != (want == "") || got != nil && !strings.Contains(got.Error(), want) {
			t.Errorf("%s: %v, want %q", text, got, want)
		}
	}
	for span, wrong := range map[string]bool{
		"docker ghacache du": false, "docker ghacache xx": true, "prune --likely": false, "prune --likly": true, "--gha-clean": false,
		"--gha-clear": true, "--keep-storage": false, "--no-such": true, "--cache-to": false, "serve": false, "type=gha": false, "build --push": false,
	} {
		if got := readSpan(span); (got != nil) != wrong {
			t.Errorf("`%s`: %v", span, got)
		}
	}
}

var complaint = regexp.MustCompile(`^(::)?(error|warning):`)

// readBlock reads the commands of a block, but for those of which the page shows what is wrong.
func readBlock(block guide.Block) error {
	scripts, err := block.Scripts()
	if err != nil {
		return err
	}
	commands, err := block.Commands()
	if err != nil {
		return err
	}
	for _, command := range commands {
		if slices.ContainsFunc(command.Output, complaint.MatchString) {
			scripts = slices.DeleteFunc(scripts, func(script string) bool { return script == command.Text })
		}
	}
	for _, script := range scripts {
		calls, err := guide.Calls(script)
		if err != nil {
			return err
		}
		for _, words := range calls {
			if err := readCall(words); err != nil {
				return fmt.Errorf("docker ghacache %s: %w", strings.Join(words, " "), err)
			}
		}
	}
	return nil
}

// readCall parses a command line and runs nothing.
func readCall(words []string) error {
	cmd, args, err := Reference().Find(words)
	if err != nil {
		return err
	}
	if cmd.DisableFlagParsing {
		return readEntries(cmd, args)
	}
	if err := cmd.ParseFlags(args); err != nil {
		return err
	}
	if !cmd.HasParent() || cmd.Name() == name {
		return unknownIn(cmd)
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

func unknownIn(cmd *cobra.Command) error {
	if rest := cmd.Flags().Args(); len(rest) > 0 {
		return unknownCommand(cmd, rest[0])
	}
	return nil
}

// readEntries reads the plugin's own options and the cache entries. The rest is buildx's.
func readEntries(cmd *cobra.Command, args []string) error {
	scan := cacheopts.ScanBuild
	if cmd.Name() == "bake" {
		scan = cacheopts.ScanBake
	}
	for _, arg := range scan(args) {
		if strings.HasPrefix(arg.Name, "gha-") {
			if err := cmd.Flags().Parse(arg.Words); err != nil {
				return err
			}
		}
		if arg.Side() == 0 {
			continue
		}
		entries, err := cacheopts.Parse(arg.Value)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if problems := entry.Check(arg.Side()); len(problems) > 0 {
				return problems[0]
			}
		}
	}
	return nil
}

var option = regexp.MustCompile(`^--?[a-z][\w-]*`)

// others are options of docker, buildx and other programs that the documentation mentions.
var others = []string{
	"--allow", "--build-context", "--cache-from", "--cache-to", "--call", "--check", "--driver-opt", "--help", "--load", "--mount", "--no-cache", "--output", "--platform", "--print",
	"--provenance", "--push", "--set", "--target", "-t",
}

// readSpan reads code in a sentence: a command line, one without "docker ghacache", or an option.
func readSpan(span string) error {
	words := strings.Fields(span)
	switch {
	case len(words) == 0:
		return nil
	case strings.HasPrefix(span, "docker ghacache "), strings.HasPrefix(span, "docker-ghacache "):
		return readBlock(guide.Block{Lang: "console", Text: "$ " + span + "\n"})
	case len(words) > 1 && isCommand(words[0]) && strings.HasPrefix(words[1], "-"):
		return readFlags(words)
	case option.MatchString(span):
		return readOption(option.FindString(span))
	}
	return nil
}

func isCommand(word string) bool {
	return slices.ContainsFunc(Reference().Commands(), func(cmd *cobra.Command) bool { return cmd.Name() == word })
}

// readFlags reads the options of a command, whose operands a sentence may leave out.
func readFlags(words []string) error {
	for _, word := range words[1:] {
		if name := option.FindString(word); name != "" {
			if cmd, _, _ := Reference().Find(words[:1]); !has(cmd, name) && !slices.Contains(others, name) {
				return fmt.Errorf("%s has no option %s", words[0], name)
			}
		}
	}
	return nil
}

func readOption(name string) error {
	if slices.Contains(others, name) || hasAny(Reference(), name) {
		return nil
	}
	return fmt.Errorf("no command has the option %s", name)
}

func hasAny(cmd *cobra.Command, name string) bool {
	return has(cmd, name) || slices.ContainsFunc(cmd.Commands(), func(child *cobra.Command) bool { return hasAny(child, name) })
}

func has(cmd *cobra.Command, name string) bool {
	if short, ok := strings.CutPrefix(name, "-"); ok && len(short) == 1 {
		return cmd.LocalFlags().ShorthandLookup(short) != nil
	}
	return cmd.LocalFlags().Lookup(strings.TrimLeft(name, "-")) != nil
}

var (
	link = regexp.MustCompile(`\]\(([^)\s:#]+)(?:#[^)]*)?\)`)
	code = regexp.MustCompile("`[^`]*`")
)

func TestLinksOfTheDocumentationLeadToFiles(t *testing.T) {
	found := 0
	for _, pattern := range []string{"../README.md", "../docs/*.md", "../docs/*/*.md", "../.github/*.md"} {
		files, err := filepath.Glob(pattern)
		check(t, err)
		for _, file := range files {
			page, err := os.ReadFile(file)
			check(t, err)
			for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(string(page), ""), -1) {
				found++
				if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("the documentation has %d links", found)
	}
}
