// Package cacheopts reads, checks, completes and prints the values of
// --cache-to and --cache-from, with everything there is to know about those of
// type=gha, BuildKit's cache in GitHub Actions.
//
// [Parse] and [Entry.String] read and write a value exactly as buildx does, so
// that an entry means here what it means there. [Entry.Check] finds what buildx
// and BuildKit accept in silence and then do not do: an attribute they do not
// know, a space after a comma, a mode that is none. [Complete] writes out what
// they would otherwise guess from the environment (the version of the cache
// service and its URL), moves tokens from the command line to the environment
// of the child, and says which entries cannot work, and why. [ScanBuild] and
// [ScanBake] find the entries in a command line without knowing all of its
// flags.
//
// Entries of any other type (registry, inline, local, s3, azblob) are nobody's
// business here: they are never judged and never changed.
//
// The package is pure. It reads no environment, no clock and no file; what the
// surroundings offer arrives in a [Runtime]. Tokens appear in nothing it
// returns except [Result.Env] and the attributes of entries; errors, notes and
// [Entry.String] never show them.
package cacheopts
