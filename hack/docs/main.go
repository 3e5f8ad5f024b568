// Command docs writes docs/reference from the program's own commands.
package main

import (
	"log"
	"os"

	clidocstool "github.com/docker/cli-docs-tool"

	"github.com/docker-ghacache/docker-ghacache/plugin"
)

const reference = "docs/reference"

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// run starts with an empty folder, because the tool keeps pages of removed
// commands.
func run() error {
	if err := os.RemoveAll(reference); err != nil {
		return err
	}
	if err := os.MkdirAll(reference, 0o755); err != nil {
		return err
	}
	client, err := clidocstool.New(clidocstool.Options{Root: plugin.Reference(), SourceDir: reference, Plugin: true})
	if err != nil {
		return err
	}
	return client.GenMarkdownTree(plugin.Reference())
}
