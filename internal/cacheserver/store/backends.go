package store

import "io"

// Catalog keeps what is known of finished entries. A change is on disk when its method returns.
type Catalog interface {
	// Load returns all entries, and what it cannot read. Mend removes that.
	Load() (entries []Entry, damage []*Damage, err error)
	Mend() error
	Save(Entry) error
	// Touch saves the time of last use of entries that are still there.
	Touch([]Entry) error
	Forget(ids ...int64) error
	// Reserve returns the number below n ids that are never given out again, not even after a crash.
	Reserve(n int64) (before int64, err error)
	// Given returns the highest id that Reserve has given out, or 0. It writes nothing, and neither does Load.
	Given() (last int64, err error)
	Close() error
}

// Blobs holds bytes by id. They are written in pieces, in any order and at the same time, and never change after Publish.
type Blobs interface {
	// Writer writes an unfinished blob, which the first one makes.
	Writer(id int64) (BlobWriter, error)
	// Publish cuts a blob to size and finishes it. It is on disk when Publish returns.
	Publish(id, size int64) error
	// Open reads a finished blob. [fs.ErrNotExist] if there is none, and no other error means that.
	Open(id int64) (BlobReader, error)
	// Size is that of a finished blob, with the errors of Open.
	Size(id int64) (int64, error)
	// Remove removes a blob, finished or not. It is no error if there is none.
	Remove(id int64) error
	// List returns the finished blobs, and whatever else is found among them.
	List() (ids []int64, strange []string, err error)
}

// BlobWriter writes pieces of a blob.
type BlobWriter interface {
	io.WriterAt
	io.Closer
}

// BlobReader reads a blob. It stays readable when the blob is removed meanwhile.
type BlobReader interface {
	io.ReadSeeker
	io.ReaderAt
	io.Closer
}
