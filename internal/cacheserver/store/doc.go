// Package store keeps cache entries in a folder: metadata in one bbolt file, the content of each entry in a file of
// its own. It has no HTTP; package cacheserver puts GitHub's protocols in front of it.
//
// At every start, finished entries are complete and unfinished ones invisible, also after the process was killed or
// the disk was full. The content is renamed into place before its metadata is committed, and [Open] drops content
// without metadata and metadata without complete content. Unfinished uploads are in memory and in a temporary file,
// and a start drops them. Entries never change.
//
//	entries.db   metadata; its file lock keeps a second process out
//	blobs/ID     the blocks of a finished entry
//	uploads/ID   what has arrived of an unfinished one
package store
