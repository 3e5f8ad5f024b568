package buildrun

import (
	"os"
	"testing"
)

func TestAReaderThatHasGoneAwayEndsTheBuild(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	if _, err := (lenient{writer}).Write([]byte("#1 DONE\n")); err == nil {
		t.Error("nobody reads, and the build goes on")
	}
	writer.Close()
	if _, err := (lenient{writer}).Write([]byte("#1 DONE\n")); err != nil {
		t.Errorf("a log that cannot be written ends the build: %v", err)
	}
}
