// Package cacheopts reads, checks, completes and prints the values of
// --cache-to and --cache-from, with everything there is to know about those of
// type=gha, BuildKit's cache in GitHub Actions.
//
// [Parse] and [Entry.Value] read and write a value exactly as buildx does, so
// that an entry means here what it means there. [Entry.Check] finds what buildx
// and BuildKit accept in silence and then do not do: an attribute they do not
// know, a space after a comma, a mode that is none. Each [Problem] has a stable
// [Code]. [Complete] writes out what they would otherwise guess from the environment
// (the version of the cache service and its URL), moves tokens from the command line to
// the environment of the child, and says which entries cannot work, and why. [ScanBuild]
// and [ScanBake] find the entries in a command line without knowing all of its
// flags.
//
// The package leaves entries of any other type (registry, inline, local, s3, azblob)
// to buildx: it never judges and never changes them.
//
// The package is pure. It reads no environment, no clock and no file; what the
// surroundings offer arrives in a [Runtime]. Tokens are in [Result.Env], in
// [Entry.Attrs], and in what [Entry.Value] and [Entry.MarshalJSON] return, so that
// buildx gets them. Problems, notes and errors never show them, and neither does
// printing or logging an [Entry], a [Request], a [Completed], a [Result] or a
// [Runtime]; but a JSON log handler marshals slices and structs of them.
//
// It imports the standard library and one package for CSV.
package cacheopts
