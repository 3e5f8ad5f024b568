// Command example is the one program of the example image, and the shell of
// its build steps: the image starts from scratch and has no other.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

const usage = `example write FILE BYTES   write as many random bytes
example sum FILE           print the file's SHA-256
example copy FROM TO       copy a file
example sleep DURATION     do nothing for a while
example exit CODE          end with an exit code`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	word := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch word(0) {
	case "write":
		return write(word(1), word(2))
	case "sum":
		return sum(word(1))
	case "copy":
		data, err := os.ReadFile(word(1))
		if err != nil {
			return err
		}
		return os.WriteFile(word(2), data, 0o644)
	case "sleep":
		d, err := time.ParseDuration(word(1))
		time.Sleep(d)
		return err
	case "exit":
		code, err := strconv.Atoi(word(1))
		if err == nil {
			os.Exit(code)
		}
		return err
	}
	return fmt.Errorf("use one of\n%s", usage)
}

// write fills a file with incompressible bytes, the same ones every time.
func write(name, size string) error {
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.CopyN(file, rand.NewChaCha8([32]byte{}), n); err != nil {
		return err
	}
	return file.Close()
}

func sum(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return err
	}
	fmt.Printf("%x  %s\n", hash.Sum(nil), name)
	return nil
}
