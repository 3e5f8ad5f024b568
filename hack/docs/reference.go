package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	clidocstool "github.com/docker/cli-docs-tool"
	"github.com/spf13/cobra"

	"github.com/docker-ghacache/docker-ghacache/plugin"
)

// writeReference starts with an empty folder, because the tool keeps pages of removed commands.
func writeReference(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root := plugin.Reference()
	if err := writeFrames(folder, root); err != nil {
		return err
	}
	client, err := clidocstool.New(clidocstool.Options{Root: root, SourceDir: folder, Plugin: true})
	if err != nil {
		return err
	}
	return client.GenMarkdownTree(root)
}

// writeFrames writes what is around the part that the tool generates: the usage line and the examples.
func writeFrames(folder string, cmd *cobra.Command) error {
	if cmd.Hidden {
		return nil
	}
	cmd.Long = indent(cmd.Long)
	var page strings.Builder
	fmt.Fprintf(&page, "# %s\n\n```text\n%s\n```\n\n<!---MARKER_GEN_START-->\n<!---MARKER_GEN_END-->\n", cmd.CommandPath(), usage(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(&page, "\n## Examples\n\n```console\n%s\n```\n", exampleIndent.ReplaceAllString(cmd.Example, "$$ "))
	}
	_, words, _ := strings.Cut(cmd.CommandPath(), " ")
	if err := os.WriteFile(filepath.Join(folder, strings.ReplaceAll(words, " ", "_")+".md"), []byte(page.String()), 0o644); err != nil {
		return err
	}
	for _, c := range cmd.Commands() {
		if err := writeFrames(folder, c); err != nil {
			return err
		}
	}
	return nil
}

// usage is the usage line as docker prints it.
func usage(cmd *cobra.Command) string {
	if cmd.HasSubCommands() && !strings.Contains(cmd.Use, "COMMAND") {
		return cmd.CommandPath() + " [OPTIONS] COMMAND"
	}
	return cmd.UseLine()
}

var (
	exampleIndent = regexp.MustCompile(`(?m)^  `)
	indented      = regexp.MustCompile(`(?m)(?:^  .*\n?)+`)
)

// indent makes lines that --help shows in columns a block of Markdown, which keeps their line ends.
func indent(long string) string {
	return indented.ReplaceAllStringFunc(long, func(block string) string { return exampleIndent.ReplaceAllString(block, "      ") })
}
