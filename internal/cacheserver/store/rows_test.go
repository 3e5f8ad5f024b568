package store

import (
	"errors"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// A row that cannot be read, or contradicts itself, costs its entry and no other.
func TestUnreadableRowCostsItsEntry(t *testing.T) {
	good := `{"ref":"refs/heads/main","version":"v","key":"row","id":%,"size":1,"content":[{"off":0,"n":1}]}`
	for name, value := range map[string]string{
		"no JSON":                         "{",
		"another id":                      strings.Replace(good, "%", "99", 1),
		"another size":                    strings.Replace(strings.Replace(good, "%", "2", 1), `"size":1`, `"size":7`, 1),
		"no key":                          strings.Replace(strings.Replace(good, "%", "2", 1), `"row"`, `""`, 1),
		"a negative extent":               strings.Replace(strings.Replace(good, "%", "2", 1), `[{"off":0,"n":1}]`, `[{"off":-5,"n":5},{"off":0,"n":-4}]`, 1),
		"extents that do not fit 64 bits": strings.Replace(strings.Replace(good, "%", "2", 1), `{"off":0,"n":1}`, `{"off":9223372036854775807,"n":1}`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			dir, c := t.TempDir(), newClock()
			s := open(t, dir, c)
			whole, bad := s.mustPut(t, "whole", "content"), s.mustPut(t, "row", "x")
			err := s.bolt().db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte(bucket)).Put(rowKey(bad), []byte(value)) })
			if err := errors.Join(err, s.Close()); err != nil {
				t.Fatal(err)
			}
			s, found := openDamaged(t, dir, c)
			wantKeys(t, s, "whole")
			if n := strings.Count(found.String(), "row 0000000000000002 of "); n != 1 {
				t.Errorf("reported %d times:\n%s", n, found)
			}
			if got := s.content(t, whole); got != "content" {
				t.Errorf("the other entry has %q", got)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			wantKeys(t, open(t, dir, c), "whole")
		})
	}
}
