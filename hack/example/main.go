// Command example is the one program of the example image, and the shell of
// its build steps: the image starts from scratch and has no other.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const usage = `example write FILE BYTES   write as many random bytes
example tree DIR FILES BYTES   write a tree of files with text, so many bytes together
example walk FROM TO       copy a tree of files
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
	case "tree":
		return tree(word(1), word(2), word(3))
	case "walk":
		return os.CopyFS(word(2), os.DirFS(word(1)))
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

// tree writes files as a module cache has them: many small ones in many folders, which compress to a third.
func tree(dir, files, size string) error {
	n, err := strconv.Atoi(files)
	if err != nil {
		return err
	}
	total, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewChaCha8([32]byte{}))
	words := make([]string, 4000)
	for i := range words {
		words[i] = strconv.FormatUint(random.Uint64()>>random.UintN(50), 36) + " "
	}
	for i := range n {
		folder := filepath.Join(dir, fmt.Sprintf("module%d", i/1000), fmt.Sprintf("package%d", i/50))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		var text []byte
		for want := int(random.ExpFloat64() * float64(total/n)); len(text) < want; {
			text = append(text, words[random.IntN(len(words))]...)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("file%d.go", i)), text, 0o644); err != nil {
			return err
		}
	}
	return nil
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
