// Package diagnose names causes from texts, for explain, doctor, the hooks and every failing build.
//
// [Explain] and [Scanner] recognise, in a build's log, the texts by which BuildKit, buildx, go-actions-cache, Azure Blob
// Storage, GitHub's services and their clients report trouble with a gha cache or its builder, in whatever a CI system
// puts around a line. [Catalogue] is what they know; testdata/corpus has what it is measured with. Where it knows no text
// of a log, concepts look for the causes in other words, and are never certain. [Scanner.Failure] and
// [ExplainError] are stricter: only the error on which a build ended has a say. [Finding.In] takes in what is known of
// the builder beside.
//
// All is pure: no network, files, clock or environment. Evidence that they return carries no credentials.
//
// docs/explain.md says how often it is right.
package diagnose
