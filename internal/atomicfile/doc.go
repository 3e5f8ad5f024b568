// Package atomicfile replaces the content of a file that belongs to somebody else: a
// configuration, or a file of a repository. The file keeps its mode, its owner and its
// group, also where root runs the program; a symbolic link stays, and the file behind it
// changes. After a crash, the file has the old content or the new one, never a part.
//
// A replaced file is a new one with the old name: other hard links keep the old content,
// and access control lists and extended attributes are lost.
package atomicfile
