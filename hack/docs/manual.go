package main

import (
	"os"

	clidocstool "github.com/docker/cli-docs-tool"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/docker-ghacache/docker-ghacache/plugin"
)

// writeManual writes a page for each command: docker-ghacache.1, docker-ghacache-ls.1.
func writeManual(folder string) error {
	root := plugin.Reference()
	prepare(root)
	// The tool would take the examples of the reference, which are Markdown, from the source folder.
	source, err := os.MkdirTemp("", "ghacache-docs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(source)
	client, err := clidocstool.New(clidocstool.Options{
		Root: root, SourceDir: source, TargetDir: folder, Plugin: true,
		ManHeader: &doc.GenManHeader{Section: "1", Source: "docker-ghacache", Manual: "Docker User Manuals"},
	})
	if err != nil {
		return err
	}
	return client.GenManTree(root)
}

func prepare(cmd *cobra.Command) {
	cmd.Long = indent(cmd.Long)
	for _, c := range cmd.Commands() {
		prepare(c)
	}
}
