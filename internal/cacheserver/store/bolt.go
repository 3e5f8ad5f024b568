package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	bucket   = "entries"
	database = "entries.db"
)

// row is an entry as it is saved, under its id.
type row struct {
	Entry
	Order   int64    `json:"order,omitempty"`
	Content []extent `json:"content,omitempty"`
	Boot    string   `json:"boot,omitempty"` // of content that an earlier version had not synced yet
}

// entry is what the row says.
func (r row) entry() (Entry, error) {
	impossible := func(e extent) bool { return min(e.Off, e.N, e.end()) < 0 }
	if r.ID <= 0 || r.Key == "" || r.Size != total(r.Content) || slices.ContainsFunc(r.Content, impossible) {
		return Entry{}, errors.New("fields are missing or contradict each other")
	}
	if r.Boot != "" {
		return Entry{}, errors.New("its content was not synced")
	}
	r.Entry.content, r.Entry.order = r.Content, r.Order
	return r.Entry, nil
}

// boltCatalog is a Catalog in one file. bbolt panics when it meets a damaged page; see [guard].
type boltCatalog struct {
	path    string
	db      *bolt.DB
	changes batches[func(*bolt.Bucket) error]
	file    *os.File
	broken  error // after a panic, when its locks may be held for ever

	unreadable [][]byte // keys of rows
}

// openBolt makes the file if need be.
func openBolt(path string) (*boltCatalog, error) { return newBolt(path, bolt.Options{}) }

// readBolt opens a file that is there and not empty, and never writes to it. If it is to read all of it, it also reads what
// only a writer needs.
func readBolt(path string, all bool) (*boltCatalog, error) {
	return newBolt(path, bolt.Options{ReadOnly: true, PreLoadFreelist: all})
}

func newBolt(path string, opts bolt.Options) (c *boltCatalog, err error) {
	c = &boltCatalog{path: path}
	c.changes.do = c.change
	opts.Timeout, opts.FreelistType, opts.OpenFile = 100*time.Millisecond, bolt.FreelistMapType, c.openFile
	err = c.guard(func() error {
		c.db, err = bolt.Open(path, 0o600, &opts)
		return err
	})
	if err != nil && c.file != nil {
		abandon(c.file)
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("opening %s: %w", path, ErrLocked)
	}
	if _, damaged := errors.AsType[*Damage](err); damaged || errors.Is(err, bolterrors.ErrInvalid) ||
		errors.Is(err, bolterrors.ErrChecksum) || errors.Is(err, bolterrors.ErrVersionMismatch) {
		return nil, &Damage{What: fmt.Sprintf("%s cannot be read", path), Err: err, Fatal: true}
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return c, nil
}

// guard turns a panic of bbolt, and a read beyond the end of its file, into an error.
func (c *boltCatalog) guard(work func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &Damage{What: fmt.Sprintf("%s is damaged", c.path), Err: fmt.Errorf("%v", r), Fatal: true}
			c.broken = err
		}
	}()
	return work()
}

// Load implements [Catalog].
func (c *boltCatalog) Load() (entries []Entry, damage []*Damage, err error) {
	c.unreadable = nil
	err = c.guard(func() error {
		return c.db.View(func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte(bucket))
			if b == nil {
				return nil
			}
			return b.ForEach(func(k, v []byte) error {
				if e, err := entryOf(k, v); err == nil {
					entries = append(entries, e)
				} else {
					damage = append(damage, &Damage{What: fmt.Sprintf("row %x of %s cannot be read", k, c.path), Err: err})
					c.unreadable = append(c.unreadable, bytes.Clone(k))
				}
				return nil
			})
		})
	})
	return entries, damage, err
}

// remains says what there is, for [own]. It reads no more than it needs for that.
func (c *boltCatalog) remains() (r remains, err error) {
	err = c.guard(func() error {
		return c.db.View(func(tx *bolt.Tx) error {
			if b := tx.Bucket([]byte(bucket)); b != nil {
				rows := b.Cursor()
				k, v := rows.First()
				r.used = k == nil && b.Sequence() > 0
				for ; k != nil && !r.used; k, v = rows.Next() {
					_, err := entryOf(k, v)
					r.used, r.torn = err == nil, true
				}
			}
			r.torn = r.torn && !r.used
			return tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
				r.other = r.other || string(name) != bucket
				return nil
			})
		})
	})
	r.whole = !r.torn && !r.other
	return r, err
}

// Given implements [Catalog].
func (c *boltCatalog) Given() (last int64, err error) {
	err = c.guard(func() error {
		return c.db.View(func(tx *bolt.Tx) error {
			if b := tx.Bucket([]byte(bucket)); b != nil {
				last = int64(b.Sequence())
			}
			return nil
		})
	})
	return last, err
}

func entryOf(key, value []byte) (Entry, error) {
	var r row
	if err := json.Unmarshal(value, &r); err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(key, rowKey(r.ID)) {
		return Entry{}, errors.New("it is saved under another id")
	}
	return r.entry()
}

// rowKey keeps the rows in the order of their ids.
func rowKey(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

// Save implements [Catalog].
func (c *boltCatalog) Save(e Entry) error {
	value, err := json.Marshal(row{Entry: e, Order: e.order, Content: e.content})
	if err != nil {
		return err
	}
	return c.changes.join(func(b *bolt.Bucket) error { return b.Put(rowKey(e.ID), value) })
}

// Touch implements [Catalog].
func (c *boltCatalog) Touch(entries []Entry) error {
	return c.changes.join(func(b *bolt.Bucket) error {
		for _, e := range entries {
			if b.Get(rowKey(e.ID)) == nil {
				continue
			}
			value, err := json.Marshal(row{Entry: e, Order: e.order, Content: e.content})
			if err := errors.Join(err, b.Put(rowKey(e.ID), value)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Forget implements [Catalog].
func (c *boltCatalog) Forget(ids ...int64) error {
	var keys [][]byte
	for _, id := range ids {
		keys = append(keys, rowKey(id))
	}
	return c.drop(keys)
}

// Mend implements [Catalog].
func (c *boltCatalog) Mend() error { return c.drop(c.unreadable) }

func (c *boltCatalog) drop(keys [][]byte) error {
	if len(keys) == 0 {
		return nil
	}
	return c.changes.join(func(b *bolt.Bucket) error {
		for _, key := range keys {
			if err := b.Delete(key); err != nil {
				return err
			}
		}
		return nil
	})
}

// change applies all changes in one transaction.
func (c *boltCatalog) change(all []func(*bolt.Bucket) error) error {
	if c.broken != nil {
		return c.broken
	}
	return c.guard(func() error {
		return c.db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte(bucket))
			if err != nil {
				return err
			}
			for _, apply := range all {
				if err := apply(b); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// Reserve implements [Catalog].
func (c *boltCatalog) Reserve(n int64) (before int64, err error) {
	err = c.changes.join(func(b *bolt.Bucket) error {
		before = int64(b.Sequence())
		return b.SetSequence(uint64(before + n))
	})
	return before, err
}

// Close implements [Catalog]. It waits for changes that are under way, but not for the locks of a broken database: closing
// its file gives the folder back.
func (c *boltCatalog) Close() error {
	c.changes.busy.Lock()
	defer c.changes.busy.Unlock()
	closed := make(chan error, 1)
	wasBroken := c.broken != nil
	go func() { closed <- c.guard(c.db.Close) }()
	var patience <-chan time.Time
	if wasBroken {
		patience = time.After(time.Second)
	}
	var err error
	select {
	case err = <-closed:
	case <-patience:
	}
	abandon(c.file)
	return err
}

func (c *boltCatalog) openFile(path string, flag int, mode os.FileMode) (file *os.File, err error) {
	c.file, err = os.OpenFile(path, flag, mode)
	return c.file, err
}
