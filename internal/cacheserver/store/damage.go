package store

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
)

// Damage is something that is not as the store has left it.
type Damage struct {
	What  string // a sentence without its end
	Err   error  // nil if What says it all
	Fatal bool   // the store cannot be opened like this
	Stays bool   // nothing is removed: it is not the store's
}

// mended returns the damage as a warning after it was removed.
func (d *Damage) mended() error {
	if d.Stays {
		return d
	}
	return fmt.Errorf("%w; removed", d)
}

// Error implements [error].
func (d *Damage) Error() string {
	if d.Err == nil {
		return d.What
	}
	return fmt.Sprintf("%s: %v", d.What, d.Err)
}

// Unwrap returns Err.
func (d *Damage) Unwrap() error { return d.Err }

// wrong says what is wrong with the content of an entry, as far as its size tells. An error that leaves this open is returned
// as the second.
func wrong(blobs Blobs, e Entry) (wrong, err error) {
	size, err := blobs.Size(e.ID)
	switch want := fileSize(e.content); {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("its content is missing"), nil
	case err != nil:
		return nil, err
	case size != want:
		return fmt.Errorf("its content has %d of %d bytes", size, want), nil
	}
	return nil, nil
}

// examine removes an entry whose content is not whole.
func (s *Store) examine(e Entry) (damaged bool, err error) {
	reason, err := wrong(s.blobs, e)
	if err != nil || reason == nil {
		return false, err
	}
	s.condemn(e, reason)
	return true, nil
}

// condemn reports damage of an entry and removes it: a client misses it then, and can save it again. Of several readers only
// one reports. An entry that is deleted meanwhile has no damage.
func (s *Store) condemn(e Entry, reason error) {
	if err := s.Delete(e.ID); !errors.Is(err, ErrNotFound) {
		s.warn(errors.Join(damageOf(e, reason).mended(), err))
	}
}

func damageOf(e Entry, reason error) *Damage {
	return &Damage{What: fmt.Sprintf("entry %d (%q on %q) is damaged", e.ID, e.Key, e.Ref), Err: reason}
}

// findings are what [inspect] sees.
type findings struct {
	whole   []Entry // the last used at the end
	damage  []*Damage
	broken  []int64 // entries without whole content
	orphans []int64 // content without an entry
	lost    int64   // how far their ids are beyond those that the catalog has given out
}

// inspect compares the catalog with the blobs. With digests it reads all content whose digest is known.
func inspect(catalog Catalog, blobs Blobs, digests bool) (found findings, err error) {
	entries, damage, err := catalog.Load()
	if err != nil {
		return findings{}, err
	}
	found.damage = damage
	known := map[int64]bool{}
	for _, e := range entries {
		known[e.ID] = true
		reason, err := wrong(blobs, e)
		if err == nil && reason == nil && digests {
			reason, err = differs(blobs, e)
		}
		if err != nil {
			return findings{}, err
		}
		if reason == nil {
			found.whole = append(found.whole, e)
			continue
		}
		found.damage = append(found.damage, damageOf(e, reason))
		found.broken = append(found.broken, e.ID)
	}
	slices.SortFunc(found.whole, func(a, b Entry) int { return cmp.Or(a.Accessed.Compare(b.Accessed), cmp.Compare(a.ID, b.ID)) })
	return found, found.compareBlobs(catalog, blobs, known)
}

// compareBlobs looks for content without an entry, which a killed service leaves. If the catalog has never given out the id,
// it is not the one that the content belongs to.
func (f *findings) compareBlobs(catalog Catalog, blobs Blobs, known map[int64]bool) error {
	ids, strange, err := blobs.List()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !known[id] {
			f.orphans = append(f.orphans, id)
		}
	}
	for _, path := range strange {
		f.damage = append(f.damage, &Damage{What: fmt.Sprintf("%s does not belong to the cache", path), Stays: true})
	}
	if len(f.orphans) == 0 {
		return nil
	}
	given, err := catalog.Given()
	f.lost = max(0, slices.Max(f.orphans)-given)
	noun := "entries"
	if len(f.orphans) == 1 {
		noun = "entry"
	}
	f.damage = append(f.damage, &Damage{
		What: fmt.Sprintf("content of %d %s has no metadata", len(f.orphans), noun), Fatal: f.lost > 0,
	})
	return err
}

// fatal is the damage that only [Repair] mends.
func (f findings) fatal() error {
	for _, d := range f.damage {
		if d.Fatal {
			return d
		}
	}
	return nil
}

// mend removes what was found damaged. Ids that blobs had are not given out again.
func (f findings) mend(catalog Catalog, blobs Blobs) error {
	errs := []error{catalog.Mend()}
	for _, id := range slices.Concat(f.broken, f.orphans) {
		errs = append(errs, blobs.Remove(id))
	}
	if f.lost > 0 {
		_, err := catalog.Reserve(f.lost)
		errs = append(errs, err)
	}
	if len(f.broken) > 0 {
		errs = append(errs, catalog.Forget(f.broken...))
	}
	return errors.Join(errs...)
}

// differs says whether content has another digest than its key says.
func differs(blobs Blobs, e Entry) (reason, err error) {
	want, ok := keyDigest(e.Key)
	if !ok {
		return nil, nil
	}
	blob, err := blobs.Open(e.ID)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	content := newVerified(&scattered{blob: blob, content: e.content}, e.Size, want, func(err error) { reason = err })
	_, err = io.Copy(io.Discard, content)
	if reason != nil {
		return reason, nil
	}
	return nil, err
}
