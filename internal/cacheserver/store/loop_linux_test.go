package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// TestShutdownOfTheFileSystem stops an ext4 as a failure of its disk does, while entries are written, and reads after the
// next mount what was acknowledged. The machine does not boot in between.
func TestShutdownOfTheFileSystem(t *testing.T) {
	dir := mountLoop(t)
	acknowledged := map[int64]string{}
	for round := range 3 {
		s, err := Open(dir.path, Options{Limits: Limits{Size: 1 << 30, Age: 1 << 60}, Idle: 1 << 40, Now: newClock().Now, Warn: func(error) {}})
		if err != nil {
			t.Fatalf("opening after a shutdown: %v", err)
		}
		s.verifyContents(t, acknowledged)
		var mu sync.Mutex
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() {
				for i := range 40 {
					content := strings.Repeat(fmt.Sprintf("%d.%d.%d ", round, client, i), 1+i*i)
					id, _, err := s.try(name(fmt.Sprint(round, client, i)), content)
					if err != nil {
						return // the file system is down
					}
					mu.Lock()
					acknowledged[id] = content
					if len(acknowledged)%200 == 199 {
						dir.shutdown(t)
					}
					mu.Unlock()
				}
			})
		}
		clients.Wait()
		dir.shutdown(t)
		s.Close() // cannot save anything
		dir.remount(t)
	}
	s, err := Open(dir.path, Options{Limits: Limits{Size: 1 << 30, Age: 1 << 60}, Idle: 1 << 40, Now: newClock().Now, Warn: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.verifyContents(t, acknowledged)
	t.Logf("%d entries", len(acknowledged))
	if len(acknowledged) < 300 {
		t.Errorf("only %d entries were acknowledged", len(acknowledged))
	}
}

func (s *Store) verifyContents(t *testing.T, want map[int64]string) {
	t.Helper()
	for id, content := range want {
		if got := s.content(t, id); got != content {
			t.Errorf("entry %d has %d bytes, %.20q, want %d", id, len(got), got, len(content))
		}
	}
}

// loop is a file system in a file.
type loop struct{ image, path string }

func mountLoop(t *testing.T) loop {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	base := t.TempDir()
	l := loop{filepath.Join(base, "image"), filepath.Join(base, "mounted")}
	if err := os.Mkdir(l.path, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"truncate", "-s", "256M", l.image}, {"mkfs.ext4", "-q", "-F", l.image}, {"mount", "-o", "loop", l.image, l.path}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Skipf("making a file system: %v: %s", err, out)
		}
	}
	t.Cleanup(func() { syscall.Unmount(l.path, syscall.MNT_DETACH) })
	return l
}

// shutdown drops what is not on disk: EXT4_IOC_SHUTDOWN without flushing the journal.
func (l loop) shutdown(t *testing.T) {
	t.Helper()
	const shutdown, withoutLog = 0x8004587d, 2
	flags := uint32(withoutLog)
	folder, err := os.Open(l.path)
	if err != nil {
		t.Skipf("shutting the file system down: %v", err)
	}
	defer folder.Close()
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, folder.Fd(), shutdown, uintptr(unsafe.Pointer(&flags))); errno != 0 {
		t.Skipf("shutting the file system down: %v", errno)
	}
}

func (l loop) remount(t *testing.T) {
	t.Helper()
	if err := syscall.Unmount(l.path, 0); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-o", "loop", l.image, l.path).CombinedOutput(); err != nil {
		t.Fatalf("mounting again: %v: %s", err, out)
	}
}
