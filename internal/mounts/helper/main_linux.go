// Command helper is the program that packs and unpacks cache mounts inside a builder. It is static and small, and
// needs no network. Package mounts runs it.
package main

import (
	"fmt"
	"os"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts/archive"
)

func main() {
	if err := archive.Help(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
