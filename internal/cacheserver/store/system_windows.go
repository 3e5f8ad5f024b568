package store

import "os"

// abandon closes the file of a database that panicked.
func abandon(file *os.File) { _ = file.Close() }
