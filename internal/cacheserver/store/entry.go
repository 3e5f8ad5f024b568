package store

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// The errors of the store. Errors of the disk are returned unchanged: a full disk is syscall.ENOSPC, and ERROR_DISK_FULL on Windows.
var (
	ErrExists       = errors.New("entry already exists")
	ErrNotFound     = errors.New("no such entry")
	ErrSize         = errors.New("uploaded size differs from the size given")
	ErrTooMany      = errors.New("too many unfinished uploads")
	ErrTooLarge     = errors.New("upload is larger than the limit of the whole cache")
	ErrNoRoom       = errors.New("the cache has no room: this ref has used its share, or unfinished uploads fill the cache")
	ErrUnknownBlock = errors.New("block list has an unknown block")
	ErrLocked       = errors.New("another process serves this folder")
)

// Name identifies an entry. At most one entry or upload has a name.
type Name struct {
	Ref     string `json:"ref"`
	Version string `json:"version"`
	Key     string `json:"key"`
}

// Entry is a finished cache entry. IDs start at 1 and grow, and a folder never uses one twice. Size is in bytes.
type Entry struct {
	Name
	ID       int64     `json:"id"`
	Size     int64     `json:"size"`
	Created  time.Time `json:"created"`
	Accessed time.Time `json:"accessed"`

	order   int64    // grows with each entry that is finished
	content []extent // where in its file the content is, one after the other
}

// cost is what an entry counts for in the usage.
func (e *Entry) cost() int64 { return max(e.Size, cost(e.content)) }

// newer orders entries by when they were finished. The time of creation cannot be trusted: somebody may have set the clock
// back.
func newer(a, b *Entry) bool {
	return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.ID, b.ID)) > 0
}

// Order is what a listing is sorted by; equal values are ordered by id.
type Order int

// The orders of GitHub's listing. The zero value is GitHub's default.
const (
	ByAccessed Order = iota
	ByCreated
	BySize
)

// Query selects and orders entries. The zero value selects every entry, the last used first.
type Query struct {
	Ref       string // all if empty
	Key       string // the complete key; all if empty
	Prefix    string // what the key begins with
	Order     Order
	Ascending bool
}

func (q Query) matches(e *Entry) bool {
	return (q.Ref == "" || q.Ref == e.Ref) && (q.Key == "" || q.Key == e.Key) && strings.HasPrefix(e.Key, q.Prefix)
}

func (q Query) sort(entries []Entry) {
	slices.SortFunc(entries, func(a, b Entry) int {
		if !q.Ascending {
			a, b = b, a
		}
		return cmp.Or(q.Order.compare(&a, &b), cmp.Compare(a.ID, b.ID))
	})
}

func (o Order) compare(a, b *Entry) int {
	switch o {
	case ByCreated:
		return a.Created.Compare(b.Created)
	case BySize:
		return cmp.Compare(a.Size, b.Size)
	default:
		return a.Accessed.Compare(b.Accessed)
	}
}
