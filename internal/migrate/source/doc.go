// Package source reads the files of a repository and edits them by spans of bytes.
//
// A [Text] is a value that knows the bytes it came from, through quotes,
// escapes, block scalars and the definitions of variables. [Text.Edit] turns a
// part of a value into an [Edit] of those bytes, or says why that is not
// possible.
//
// Files are never printed from a parsed tree. [File.Apply] replaces the bytes
// and parses the result again. It refuses the result unless only the edited
// scalars of the tree differ. [File.Write] replaces the file completely or not
// at all. So no byte outside of an edit changes.
//
// The package knows the syntax of files, of cache entries and of expressions.
// It does not know what to edit.
package source
