package cacheopts

// Code tells problems and notes apart. The codes are stable.
type Code string

// The codes of a [Problem], and of the [Note] that [Complete] makes of it. Value
// is that of the attribute, Values are the same.
const (
	CodeUnreadable        Code = "unreadable"         // buildx cannot read the value
	CodeMisspeltType      Code = "misspelt-type"      // a type that is nearly gha
	CodeMisspeltAttribute Code = "misspelt-attribute" // a name that is nearly that of an attribute
	CodeBadValue          Code = "bad-value"          // BuildKit would take it for something else, or refuse it
	CodeUnknownAttribute  Code = "unknown-attribute"  // a name that this version does not know
	CodeOtherSide         Code = "other-side"         // the attribute is read on the other side only
	CodeBareGHA           Code = "bare-gha"           // "gha" for "type=gha"
)

// The codes of what [Complete] finds in a [Runtime].
const (
	CodeNoRuntime      Code = "no-runtime"       // a job whose step lacks variables; Values are their names
	CodeNoJob          Code = "no-job"           // there is no job, and so no variables; Values are their names
	CodeUnusableToken  Code = "unusable-token"   // [Grant.Problem]
	CodeExpiredToken   Code = "expired-token"    // Values is the time, in UTC and RFC 3339
	CodeReadOnlyToken  Code = "read-only-token"  // [Grant.ReadOnly]
	CodeWriteOnlyToken Code = "write-only-token" // [Grant.NoRead]
	CodeVersionGone    Code = "version-gone"     // the service has no version 1 any more; Values is the version that was asked for
	CodeBadURL         Code = "bad-url"          // the service's URL is no URL of http or https; Values is the name of its variable
	CodeVersionMissing Code = "version-missing"  // the service has no version 2 yet; Values is the version that was asked for
)

// The codes of what [Complete] finds when it looks at entries together, or at
// attributes that go together.
const (
	CodeIgnoredURL     Code = "ignored-url"     // BuildKit uses another URL; Values is the ignored one
	CodeHalfListing    Code = "half-listing"    // repository without ghtoken, or the other way round; Attr is what is left out
	CodeDifferentToken Code = "different-token" // the entries have several tokens, so this one stays in the command line
	CodeSharedScope    Code = "shared-scope"    // several entries write the scope in Values
)
