// Package source reads the files of a repository and edits them by spans of bytes.
//
// Whoever looks for something in a file gets a [Text]: a value with the way back to
// the bytes that it came from, through quotes, escapes, block scalars and the
// definitions of variables. [Text.Edit] turns a part of a value into an [Edit] of
// those bytes, or says why that is not possible.
//
// Files are never printed from a parsed tree. [File.Apply] replaces the spans,
// parses the result again, and refuses it unless the tree is the same but for the
// edited scalars. [File.Write] puts the result in place of the file, as a whole or
// not at all. So not one byte outside an edit changes.
//
// The package knows the syntax of files, of cache entries and of expressions. It
// does not know what is worth editing.
package source
