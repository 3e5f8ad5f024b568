// Command docs writes docs/reference from the program's own commands. `docs man FOLDER` writes their man pages, with the date in
// $SOURCE_DATE_EPOCH.
package main

import (
	"log"
	"os"
)

const reference = "docs/reference"

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "man" {
		return writeManual(args[1])
	}
	return writeReference(reference)
}
