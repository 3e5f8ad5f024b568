package localcache_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

var grace = localcache.Policy{Grace: localcache.DefaultGrace}

func only(tags ...string) func(string) bool {
	return func(tag string) bool { return strings.Contains(" "+strings.Join(tags, " ")+" ", " "+tag+" ") }
}

func TestPlans(t *testing.T) {
	twice := func(f *folder) {
		f.export("latest", "base", "one")
		f.export("latest", "base", "two")
	}
	for name, c := range map[string]struct {
		write  func(*folder)
		policy localcache.Policy
		now    time.Time
		want   string
	}{
		"what was replaced goes":                {twice, grace, soon(), "delete unreferenced 3; keep in use 3; "},
		"what is young stays":                   {twice, grace, time.Now(), "keep in use 3; keep too young 3; "},
		"no grace protects nothing":             {twice, localcache.Policy{}, soon(), "delete unreferenced 3; keep in use 3; "},
		"a cache that was never replaced stays": {func(f *folder) { f.export("latest", "a") }, grace, soon(), "keep in use 2; "},
		"what is known to be replaced goes however young": {twice, localcache.Policy{
			Grace: localcache.DefaultGrace, Replaced: func(string) bool { return true },
		}, time.Now(), "delete unreferenced 3; keep in use 3; "},
		"while an export may be under way, nothing goes": {func(f *folder) {
			f.now = time.Now().Add(-48 * time.Hour)
			twice(f)
			f.now = time.Now()
			f.layer("young")
		}, localcache.Policy{Grace: localcache.DefaultGrace, KeepTag: only("a")}, time.Now(), "keep in use 3; keep an export may be under way 3; keep too young 1; "},
		"while an export may be under way, a limit lets nothing go": {func(f *folder) {
			f.now = time.Now().Add(-48 * time.Hour)
			twice(f)
			upload(f)
		}, localcache.Policy{Grace: localcache.DefaultGrace, KeepStorage: 1}, time.Now(), "keep in use 3; keep an export may be under way 3; keep too young 1; "},
		"tags share layers": {func(f *folder) { f.export("a", "base", "one"); f.export("b", "base", "two") },
			localcache.Policy{KeepTag: only("a")}, time.Now(), "delete tag 2; keep in use 3; "},
		"a tag goes however young it is": {func(f *folder) { f.export("a", "one"); f.export("b", "two") },
			localcache.Policy{KeepTag: only("a"), Grace: time.Hour}, time.Now(), "delete tag 2; keep in use 2; "},
		"a limit that is kept deletes nothing but garbage": {twice, localcache.Policy{KeepStorage: 1 << 20, Grace: time.Hour}, soon(), "delete unreferenced 3; keep in use 3; "},
		"a limit lets the tag go that was used first": {func(f *folder) {
			f.now = time.Now().Add(-48 * time.Hour)
			f.export("old", strings.Repeat("o", 9000))
			f.now = f.now.Add(time.Hour)
			f.export("new", strings.Repeat("n", 9000))
		}, localcache.Policy{KeepStorage: 12000}, time.Now(), "delete keep-storage 2; keep in use 2; "},
		"a limit spares the tags to keep": {func(f *folder) {
			f.now = time.Now().Add(-48 * time.Hour)
			f.export("old", strings.Repeat("o", 9000))
			f.now = f.now.Add(time.Hour)
			f.export("new", strings.Repeat("n", 9000))
		}, localcache.Policy{KeepStorage: 12000, KeepTag: only("old")}, time.Now(), "delete keep-storage 2; keep in use 2; "},
		"a limit spares a tag that was just written": {func(f *folder) { f.export("new", strings.Repeat("n", 9000)) },
			localcache.Policy{KeepStorage: 100, Grace: time.Hour}, time.Now(), "keep in use 1; keep too young 1; "},
		"the older form of a cache": {func(f *folder) {
			f.put("latest", f.manifest(false, f.layer("base"), f.layer("one")))
			f.put("latest", f.manifest(false, f.layer("base"), f.layer("two")))
		}, grace, soon(), "delete unreferenced 3; keep in use 3; "},
		"a manifest that is not there references nothing": {func(f *folder) {
			all := f.export("latest", "one")
			check(f.t, os.Remove(f.path(all[0])))
		}, grace, soon(), "delete unreferenced 2; keep in use 1; "},
		"a damaged manifest might reference anything": {func(f *folder) {
			all := f.export("latest", "one")
			check(f.t, os.Chmod(f.path(all[0]), 0o644))
			check(f.t, os.WriteFile(f.path(all[0]), []byte(`{"layers":[]}`), 0o644))
		}, grace, soon(), "unknown an index that was not read might reference it 2; keep in use 1; "},
		"so might a media type that nobody knows": {func(f *folder) {
			f.layer("one")
			f.index(f.write("application/vnd.example", "{}"))
		}, grace, soon(), "unknown an index that was not read might reference it 1; keep in use 1; "},
		"a damaged manifest whose tag goes protects nothing": {func(f *folder) {
			all := f.export("x", "one")
			check(f.t, os.Chmod(f.path(all[0]), 0o644))
			check(f.t, os.WriteFile(f.path(all[0]), []byte(`{"layers":[]}`), 0o644))
		}, localcache.Policy{KeepTag: only("a")}, soon(), "delete unreferenced 2; delete tag 1; "},
		"a media type that nobody knows stays with its tag": {func(f *folder) {
			f.layer("one")
			m := f.write("application/vnd.example", "{}")
			m.Annotations = map[string]string{ocispecs.AnnotationRefName: "x"}
			f.index(m)
		}, localcache.Policy{KeepTag: only("a")}, soon(), "unknown an index that was not read might reference it 1; keep in use 1; "},
		"an upload that broke off goes": {func(f *folder) { f.export("latest", "a"); upload(f) }, grace, soon(), "delete unreferenced 1; keep in use 2; "},
		"an upload under way stays":     {func(f *folder) { f.export("latest", "a"); upload(f) }, grace, time.Now(), "keep in use 2; keep too young 1; "},
		"images in indexes": {func(f *folder) {
			image := f.write(ocispecs.MediaTypeImageManifest, `{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"`+f.write("x", "{}").Digest.String()+`"},"layers":[{"digest":"`+f.layer("l").Digest.String()+`"}]}`)
			f.index(f.write(ocispecs.MediaTypeImageIndex, `{"manifests":[{"mediaType":"`+ocispecs.MediaTypeImageManifest+`","digest":"`+image.Digest.String()+`"}]}`))
			f.layer("garbage")
		}, grace, soon(), "delete unreferenced 1; keep in use 2; "},
		"an index.json without tags": {func(f *folder) { f.layer("one"); f.index() }, grace, soon(), "delete unreferenced 1; "},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			c.write(f)
			before := f.blobs()
			plan := localcache.NewPlan(f.read(), c.policy, c.now)
			if got := total(plan); got != c.want {
				t.Fatalf("got  %s\nwant %s", got, c.want)
			}
			result, err := plan.Execute(t.Context())
			check(t, err)
			for v := range plan.Deletions() {
				result.Deleted.Count--
				result.Deleted.Bytes -= v.Size
			}
			if result.Deleted != (reclaim.Tally{}) || len(result.Failures) > 0 {
				t.Errorf("not what was planned: %+v", result)
			}
			f.clean()
			if strings.Contains(c.want, "delete") == (len(f.blobs()) == len(before)) && !strings.Contains(name, "upload") {
				t.Errorf("%d of %d blobs are left", len(f.blobs()), len(before))
			}
			again := localcache.NewPlan(f.read(), c.policy, c.now)
			if got := total(again); strings.Contains(got, "delete") {
				t.Errorf("a second plan deletes more: %s", got)
			}
		})
	}
}

// upload begins to write a blob, as a build does that is cancelled then.
func upload(f *folder) {
	w, err := f.store.Writer(f.t.Context(), withRef("layer"))
	check(f.t, err)
	_, err = w.Write([]byte("part"))
	check(f.t, err)
	check(f.t, w.Close())
}

// The plan that ls shows is that of package reclaim.
func TestTheForecastIsThePlan(t *testing.T) {
	for name, now := range map[string]time.Time{"young": time.Now(), "old": soon(), "both": time.Now()} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			if name == "both" {
				f.now = time.Now().Add(-48 * time.Hour)
				f.layer("garbage")
				f.now = time.Time{}
			}
			f.export("a", "base", "one")
			f.export("b", "base", "two")
			f.export("a", "base", "three")
			l := f.read()
			forecast, plan := l.Forecast(now), localcache.NewPlan(l, grace, now)
			for i, v := range plan.Verdicts {
				if (v.Decision == reclaim.Delete) != (forecast.Verdicts[i].Decision == reclaim.Delete) || v.ID != forecast.Verdicts[i].ID {
					t.Errorf("%s: plan %s, forecast %s", v.Item.Entry.Key, v.Decision, forecast.Verdicts[i].Decision)
				}
			}
		})
	}
}

func TestAFolderThatIsNoCache(t *testing.T) {
	for name, c := range map[string]struct {
		write func(dir string) error
		want  string
	}{
		"empty":    {func(string) error { return nil }, "has no index.json"},
		"not JSON": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "index.json"), []byte("{"), 0o600) }, "decoding"},
		"of another shape": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "index.json"), []byte(`{"schemaVersion":1}`), 0o600)
		}, "schema version 1"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			check(t, c.write(dir))
			if _, err := localcache.Read(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if _, err := localcache.Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
