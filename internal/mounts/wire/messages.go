package wire

// Where the helper finds what it works on, in its container.
const (
	Socket    = "/run/ghacache.sock"
	MountsDir = "/mounts"       // the i-th mount is the folder i in it
	MountsVar = "GHACACHE_HELP" // holds how many there are
)

// Version is that of this protocol. A helper of another version is not talked to.
const Version = 1

// Hello is what the helper says first on the connection of each mount.
type Hello struct {
	Version, Mount int
}

// Request asks the helper for one of the operations. For all but [OpNone], the reply is an [Occupancy].
type Request struct {
	Op string
}

// The operations.
//
// OpNone ends the conversation.
//
// OpSave walks the mount, and the reply is a [Tree]. This program then sends a [Plan] with the manifest of the newest
// entry as data. The reply is a [Change]. After another Request with OpSave, the helper sends the entry as data, and a [Saved].
//
// OpRestore fills an empty mount. If the reply says so, this program sends a [Pack] with the content of an entry as data
// for each entry, the newest first, and a Pack without a name at the end. The reply is a [Restored].
const (
	OpNone    = ""
	OpSave    = "save"
	OpRestore = "restore"
)

// Occupancy says whether the mount holds anything.
type Occupancy struct {
	Occupied bool
}

// Tree is what a mount holds.
type Tree struct {
	ID    string // the same for the same names, sizes, times and owners
	Files int
	Bytes int64
}

// Plan says what the newest entry of the mount is. Key is empty if there is none, and then no data follows. None ends
// the saving of an unchanged mount.
type Plan struct {
	None bool
	Key  string
}

// Change is what a new entry would hold.
type Change struct {
	None  bool     // only times have changed
	ID    string   // of the entry
	Packs []string // the keys of the entries that it builds on, newest first
	Files int      // whose content it has
	Bytes int64    // of them
}

// Saved says what became of the content that was sent.
type Saved struct {
	Changed int // files that changed or vanished meanwhile, and are not in the entry
}

// Pack begins the content of an entry.
type Pack struct {
	Key string
}

// Restored says what was restored.
type Restored struct {
	Files int
	Bytes int64
}
