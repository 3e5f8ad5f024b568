package store

import (
	"encoding/binary"
	"encoding/json"

	bolt "go.etcd.io/bbolt"
)

const (
	bucket    = "entries"
	idsAtOnce = 1 << 16
)

// row is an entry as the database stores it, by id.
type row struct {
	Entry
	Content []extent `json:"content,omitempty"`
	Boot    string   `json:"boot,omitempty"`
}

func rowKey(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

// save adds an entry.
func (s *Store) save(e Entry) error {
	value, err := json.Marshal(row{e, e.content, e.boot})
	if err != nil {
		return err
	}
	return s.change([]Entry{e}, func(b *bolt.Bucket, e Entry) error { return b.Put(rowKey(e.ID), value) })
}

// amend changes stored entries, and skips those that were dropped meanwhile.
func (s *Store) amend(entries []Entry, change func(*row, Entry)) error {
	return s.change(entries, func(b *bolt.Bucket, e Entry) error {
		saved := b.Get(rowKey(e.ID))
		if saved == nil {
			return nil
		}
		var r row
		if err := json.Unmarshal(saved, &r); err != nil {
			return err
		}
		change(&r, e)
		value, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return b.Put(rowKey(e.ID), value)
	})
}

func (s *Store) forget(entries ...Entry) error {
	return s.change(entries, func(b *bolt.Bucket, e Entry) error { return b.Delete(rowKey(e.ID)) })
}

// takeTouched returns the entries whose last use is not stored yet, for [Store.saveUse]. The caller holds the lock.
func (s *Store) takeTouched() (used []Entry) {
	for id := range s.touched {
		if e, ok := s.entries.get(id); ok {
			used = append(used, *e)
		}
	}
	clear(s.touched)
	s.saved = s.now()
	return used
}

func (s *Store) saveUse(used []Entry) error {
	return s.amend(used, func(r *row, e Entry) { r.Accessed = e.Accessed })
}

// change applies one change to each entry. Concurrent calls may share a transaction, and apply may run twice.
func (s *Store) change(entries []Entry, apply func(*bolt.Bucket, Entry) error) error {
	if len(entries) == 0 {
		return nil
	}
	return s.db.Batch(func(tx *bolt.Tx) error {
		for _, e := range entries {
			if err := apply(tx.Bucket([]byte(bucket)), e); err != nil {
				return err
			}
		}
		return nil
	})
}

// idRange is the range from which [Store.nextID] takes ids without asking the database. Each start takes a new range,
// so that the id of an interrupted client never refers to another upload.
type idRange struct{ next, end int64 }

func (s *Store) nextID() (int64, error) {
	if s.ids.next == s.ids.end {
		err := s.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte(bucket))
			s.ids = idRange{int64(b.Sequence()), int64(b.Sequence()) + idsAtOnce}
			return b.SetSequence(uint64(s.ids.end))
		})
		if err != nil {
			s.ids = idRange{}
			return 0, err
		}
	}
	s.ids.next++
	return s.ids.next, nil
}
