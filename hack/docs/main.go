// Command docs writes docs/reference from the program's own commands, and docs/troubleshooting.md from its catalogue of causes.
// `docs man FOLDER` writes the man pages of the commands, with the date in $SOURCE_DATE_EPOCH.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
)

const (
	reference       = "docs/reference"
	troubleshooting = "docs/troubleshooting.md"
)

func main() {
	log.SetOutput(io.Discard) // the tool logs each page
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "man" {
		return writeManual(args[1])
	}
	if err := writeReference(reference); err != nil {
		return err
	}
	return os.WriteFile(troubleshooting, []byte(troubles()), 0o644)
}
