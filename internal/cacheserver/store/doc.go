// Package store keeps cache entries in a folder: their metadata in one bbolt file, their content in one file each. It knows
// nothing of HTTP; package cacheserver puts GitHub's protocols in front of it.
//
// Every finished entry is whole and every unfinished one invisible, whenever the process is killed or the disk is full:
// the content is synced and renamed before its metadata is committed, and [Open] drops whatever lacks the other half.
// Unfinished uploads live in memory and a temporary file, so a start forgets them. Entries never change.
//
//	entries.db   metadata; its file lock keeps a second process out
//	blobs/ID     the blocks of a finished entry
//	uploads/ID   what has arrived of an unfinished one
package store
