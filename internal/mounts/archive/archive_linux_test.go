package archive

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

// serve starts a helper for a mount, and returns the other end of its connection.
func serve(t *testing.T, dir string) *wire.Conn {
	t.Helper()
	here, there := socketPair(t)
	done := make(chan error, 1)
	go func() {
		done <- Serve(there, dir, 3)
		there.Close()
	}()
	t.Cleanup(func() {
		here.Close()
		<-done
	})
	c := wire.New(here)
	var hello wire.Hello
	must(t, c.Receive(&hello))
	if hello.Version != wire.Version || hello.Mount != 3 {
		t.Fatalf("the helper says %+v", hello)
	}
	return c
}

// socketPair has buffers, as the connection to a builder has.
func socketPair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	must(t, err)
	defer listener.Close()
	a, err = net.Dial("unix", listener.Addr().String())
	must(t, err)
	b, err = listener.Accept()
	must(t, err)
	return a, b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cache is what a service keeps, by key. The newest is that of the last key.
type cache struct {
	keys    []string
	entries map[string][]byte
	changes map[string]wire.Change
}

func newCache() *cache {
	return &cache{entries: map[string][]byte{}, changes: map[string]wire.Change{}}
}

func (k *cache) newest() string {
	if len(k.keys) == 0 {
		return ""
	}
	return k.keys[len(k.keys)-1]
}

// save saves a mount after the newest entry, and returns what was to be saved.
func (k *cache) save(t *testing.T, dir string) wire.Change {
	t.Helper()
	c := serve(t, dir)
	must(t, c.Send(wire.Request{Op: wire.OpSave}))
	var tree wire.Tree
	must(t, c.Receive(&tree))
	must(t, c.Send(wire.Plan{Key: k.newest()}))
	if k.newest() != "" {
		frame, err := ReadFrame(bytes.NewReader(k.entries[k.newest()]))
		must(t, err)
		_, err = c.SendData(bytes.NewReader(frame))
		must(t, err)
	}
	var change wire.Change
	must(t, c.Receive(&change))
	if change.None {
		must(t, c.Send(wire.Request{}))
		return change
	}
	must(t, c.Send(wire.Request{Op: wire.OpSave}))
	entry, err := io.ReadAll(c.Reader())
	must(t, err)
	var saved wire.Saved
	must(t, c.Receive(&saved))
	if saved.Changed > 0 {
		t.Errorf("%d files changed", saved.Changed)
	}
	key := "key-" + change.ID
	k.keys, k.entries[key], k.changes[key] = append(k.keys, key), entry, change
	return change
}

// restore fills a mount from the newest entry.
func (k *cache) restore(t *testing.T, dir string) (wire.Restored, error) {
	t.Helper()
	c := serve(t, dir)
	must(t, c.Send(wire.Request{Op: wire.OpRestore}))
	var there wire.Occupancy
	if err := c.Receive(&there); err != nil || there.Occupied {
		return wire.Restored{}, errors.Join(err, fmt.Errorf("occupied: %t", there.Occupied))
	}
	for _, key := range append([]string{k.newest()}, k.changes[k.newest()].Packs...) {
		if err := c.Send(wire.Pack{Key: key}); err != nil {
			return wire.Restored{}, err
		}
		if _, err := c.SendData(bytes.NewReader(k.entries[key])); err != nil {
			return wire.Restored{}, err
		}
	}
	must(t, c.Send(wire.Pack{}))
	var restored wire.Restored
	err := c.Receive(&restored)
	return restored, err
}

// listing is a mount as find sees it, but for the times of folders.
func listing(t *testing.T, dir string) string {
	t.Helper()
	script := `find . -printf '%P %y %m %U %G %n %l ' \( -type d -printf '\n' -o -printf '%s %T@\n' \) | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum`
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func write(t *testing.T, dir, path, content string) string {
	t.Helper()
	full := filepath.Join(dir, path)
	must(t, os.MkdirAll(filepath.Dir(full), 0o755))
	must(t, os.WriteFile(full, []byte(content), 0o644))
	return full
}

func noise(n int) string {
	data := make([]byte, n)
	rand.Read(data)
	return string(data)
}

func TestWhatIsRestoredIsWhatWasSaved(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, from, "go/a file, with = odd; näme", "content")
	write(t, from, "go/empty", "")
	write(t, from, "#before-dot", "x")
	large := write(t, from, "large", noise(5<<20))
	setuid := write(t, from, "bin/setuid", "x")
	must(t, os.Chmod(setuid, 0o755|os.ModeSetuid))
	must(t, os.Link(large, filepath.Join(from, "bin/large")))
	must(t, os.Symlink("../../../etc/passwd", filepath.Join(from, "go/out")))
	must(t, os.Symlink("missing", filepath.Join(from, "dangling")))
	read := write(t, from, "readonly/file", "x")
	must(t, os.Chmod(read, 0o400))
	must(t, os.Chmod(filepath.Dir(read), 0o500))
	must(t, os.Chtimes(read, time.Unix(1, 0), time.Unix(123456789, 987654321)))
	if os.Geteuid() == 0 {
		must(t, os.Chown(read, 1234, 5678))
	}
	must(t, exec.Command("mkfifo", filepath.Join(from, "pipe")).Run())
	k := newCache()
	k.save(t, from)
	must(t, os.Remove(filepath.Join(from, "pipe")))
	restored, err := k.restore(t, to)
	must(t, err)
	if got, want := listing(t, to), listing(t, from); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if restored.Files != 6 {
		t.Errorf("restored %+v", restored)
	}
}

func TestSparseFilesStaySparse(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	f, err := os.Create(filepath.Join(from, "sparse"))
	must(t, err)
	_, err = f.WriteAt([]byte("end"), 50<<20)
	must(t, errors.Join(err, f.Close()))
	k := newCache()
	k.save(t, from)
	_, err = k.restore(t, to)
	must(t, err)
	out, err := exec.Command("sh", "-c", `cd "$0" && stat -c '%s' sparse && du -k sparse | cut -f1`, to).Output()
	must(t, err)
	var size, used int
	if _, err := fmt.Sscan(string(out), &size, &used); err != nil || size != 50<<20+3 || used > 1000 {
		t.Errorf("%d bytes in %d kB", size, used)
	}
	if got, want := listing(t, to), listing(t, from); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOnlyWhatChangedIsSaved(t *testing.T) {
	from := t.TempDir()
	for i := range 50 {
		write(t, from, fmt.Sprintf("%02d/file", i), noise(10_000))
	}
	k := newCache()
	if first := k.save(t, from); first.Files != 50 || len(first.Packs) != 0 {
		t.Errorf("the first entry is %+v", first)
	}
	if again := k.save(t, from); !again.None {
		t.Errorf("without a change, the entry is %+v", again)
	}
	must(t, os.Chtimes(filepath.Join(from, "07/file"), time.Now(), time.Now().Add(time.Hour)))
	if touched := k.save(t, from); !touched.None {
		t.Errorf("after a touch, the entry is %+v", touched)
	}
	write(t, from, "new", "content")
	must(t, os.Remove(filepath.Join(from, "08/file")))
	if second := k.save(t, from); second.Files != 1 || len(second.Packs) != 1 {
		t.Errorf("after a small change, the entry is %+v", second)
	}
	if size := len(k.entries[k.newest()]); size > 8000 {
		t.Errorf("the entry has %d bytes", size)
	}
	to := t.TempDir()
	_, err := k.restore(t, to)
	must(t, err)
	if got, want := listing(t, to), listing(t, from); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// The restored mount is the same mount.
	if again := k.save(t, to); !again.None {
		t.Errorf("of the restored mount, the entry is %+v", again)
	}
}

func TestEntriesStayFewAndSmall(t *testing.T) {
	from := t.TempDir()
	write(t, from, "base", noise(1_000_000))
	k := newCache()
	k.save(t, from)
	sent := 0
	for i := range 40 {
		write(t, from, fmt.Sprintf("change-%d", i), noise(1000))
		if change := k.save(t, from); len(change.Packs) > maxPacks {
			t.Fatalf("change %d builds on %d entries", i, len(change.Packs))
		}
		sent += len(k.entries[k.newest()])
	}
	if sent > 400_000 {
		t.Errorf("40 changes of 1 kB sent %d bytes", sent)
	}
	to := t.TempDir()
	_, err := k.restore(t, to)
	must(t, err)
	if got, want := listing(t, to), listing(t, from); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAMountThatHoldsSomethingIsNotRestored(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, from, "a", "saved")
	k := newCache()
	k.save(t, from)
	write(t, to, "a", "own")
	if _, err := k.restore(t, to); err == nil {
		t.Error("it was")
	}
	if data, _ := os.ReadFile(filepath.Join(to, "a")); string(data) != "own" {
		t.Errorf("it has %q", data)
	}
}

func TestTheRestOfAKilledRestoreIsRemoved(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, from, "a", "saved")
	k := newCache()
	k.save(t, from)
	write(t, to, stage+"/half/file", "half")
	_, err := k.restore(t, to)
	must(t, err)
	if got, want := listing(t, to), listing(t, from); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// cut breaks the newest entry.
func TestADamagedEntryLeavesAnEmptyMount(t *testing.T) {
	from := t.TempDir()
	for i := range 100 {
		write(t, from, fmt.Sprintf("%02d/file", i), noise(1000))
	}
	for name, damage := range map[string]func([]byte) []byte{
		"cut in its manifest": func(e []byte) []byte { return e[:100] },
		"cut in its content":  func(e []byte) []byte { return e[:len(e)/2] },
		"without content":     func(e []byte) []byte { f, _ := ReadFrame(bytes.NewReader(e)); return f },
		"with a flipped bit":  func(e []byte) []byte { e = bytes.Clone(e); e[len(e)*3/4] ^= 1; return e },
		"empty":               func([]byte) []byte { return nil },
		"something else":      func([]byte) []byte { return []byte("PK\x03\x04 this is a zip file") },
	} {
		t.Run(name, func(t *testing.T) {
			k, to := newCache(), t.TempDir()
			k.save(t, from)
			k.entries[k.newest()] = damage(k.entries[k.newest()])
			if _, err := k.restore(t, to); err == nil {
				t.Error("it was restored")
			} else {
				t.Log(err)
			}
			if entries, err := os.ReadDir(to); err != nil || len(entries) > 0 {
				t.Errorf("the mount has %v, %v", entries, err)
			}
		})
	}
}

func TestAnEntryThatIsMissingLeavesAnEmptyMount(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, from, "base", noise(100_000))
	k := newCache()
	k.save(t, from)
	write(t, from, "more", "x")
	k.save(t, from)
	change := k.changes[k.newest()]
	change.Packs = nil
	k.changes[k.newest()] = change
	if _, err := k.restore(t, to); err == nil {
		t.Error("it was restored")
	}
	if entries, err := os.ReadDir(to); err != nil || len(entries) > 0 {
		t.Errorf("the mount has %v, %v", entries, err)
	}
}

func TestFilesThatVanishOrChangeAreLeftOut(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for i := range 5 {
		write(t, from, fmt.Sprint(i), noise(2<<20))
	}
	must(t, os.Link(filepath.Join(from, "1"), filepath.Join(from, "link")))
	c := serve(t, from)
	must(t, c.Send(wire.Request{Op: wire.OpSave}))
	must(t, c.Receive(&wire.Tree{}))
	must(t, c.Send(wire.Plan{}))
	var change wire.Change
	must(t, c.Receive(&change))
	// Now that all is known, files change before their content is read.
	must(t, os.Remove(filepath.Join(from, "1")))
	must(t, os.Truncate(filepath.Join(from, "2"), 10))
	write(t, from, "4", noise(2<<20))
	must(t, c.Send(wire.Request{Op: wire.OpSave}))
	entry, err := io.ReadAll(c.Reader())
	must(t, err)
	var saved wire.Saved
	must(t, c.Receive(&saved))
	if saved.Changed != 3 {
		t.Errorf("%d files changed", saved.Changed)
	}
	k := newCache()
	k.keys, k.entries["k"] = []string{"k"}, entry
	restored, err := k.restore(t, to)
	must(t, err)
	if restored.Files != 2 {
		t.Errorf("restored %+v", restored)
	}
	for _, name := range []string{"0", "3"} {
		a, _ := os.ReadFile(filepath.Join(from, name))
		b, err := os.ReadFile(filepath.Join(to, name))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if entries, _ := os.ReadDir(to); len(entries) != 2 {
		t.Errorf("the mount has %v", entries)
	}
}
