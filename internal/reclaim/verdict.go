package reclaim

// Decision is what happens to an entry.
type Decision string

// The decisions. Every entry gets one of them.
const (
	Delete  Decision = "delete"
	Keep    Decision = "keep"
	Unclear Decision = "unknown" // kept, because it cannot be told whether it may go
)

// Class says how sure it is that no build needs what is deleted.
type Class string

// The classes. Every verdict that deletes has one of them.
const (
	// Proven: no workflow run under way could see the blob, or its ref is closed. So
	// nobody can be about to reference it. Indexes are proven as well: without one, a
	// build starts without a cache, and it never misses a layer.
	Proven Class = "proven"
	// Likely: no index that was read references the blob, but a run under way could see it
	// and reference it when it ends. Or there is an index that was not read, though the
	// blob was not in use when that was written. If so, the next build runs one step again.
	Likely Class = "likely"
)

// Reason says why a decision was made.
type Reason string

// Reasons to delete. Unreferenced and superseded entries keep the names of their states.
const (
	ForClosed       Reason = "closed"
	ForSuperseded   Reason = "superseded"
	ForUnreferenced Reason = "unreferenced"
	ForScope        Reason = "scope"
	ForRef          Reason = "ref"
	ForUntil        Reason = "until"
	ForStorage      Reason = "keep-storage"
	ForAll          Reason = "all"
	ForEntry        Reason = "selected"
	ForIncomplete   Reason = "layers missing" // layers of the index were evicted
)

// Reasons to keep.
const (
	InUse       Reason = "in use"         // an index that stays names the blob
	Newest      Reason = "newest version" // of an index, which builds read, or of a saved mount
	KeptVersion Reason = "within --keep-versions"
	Young       Reason = "too young" // created within the grace
	Needed      Reason = "a run could need it"
	OtherTool   Reason = "other tool"   // not BuildKit's
	NotSelected Reason = "not selected" // the policy is about something else
)

// Reasons not to know.
const (
	IndexUnread Reason = "an index that was not read might reference it"
	ForeignRef  Reason = "its key was made for another ref"
	GainUnknown Reason = "the layers that only it references are not known"
	LayersStay  Reason = "an index that was not read might reference its layers"
	OnlyLikely  Reason = "a build under way could need it"
)

// Verdict is what a plan does with an entry and why.
type Verdict struct {
	*Item
	Decision Decision
	Class    Class // of a deletion, or of what [Plan.Proven] keeps; empty for other decisions
	Reason   Reason
	Doubt    Reason // why the class is no more than Likely; empty for other classes
	Detail   string // why the ref counts as closed; empty for other reasons
}
