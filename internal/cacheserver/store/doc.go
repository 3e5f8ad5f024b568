// Package store keeps cache entries: what is known of them in a [Catalog], and their content in [Blobs]. [Open] has both
// in a folder: one bbolt file, and a file for the content of each entry. The package has no HTTP; package cacheserver puts
// GitHub's protocols in front of it.
//
// A finished entry is on disk when [Store.Finish] returns: first its content under its final name, then its metadata. It
// survives a killed process, a machine that stops, and a full disk, as far as the disk keeps what was synced. Unfinished
// uploads are in memory and in a temporary file, and a start drops them. Times of last use are saved once a minute.
// Entries never change.
//
// Damage is reported once and mended: [New] and every lookup and download remove an entry whose content is missing or has
// another size, and a download of all of a layer of BuildKit compares it with its digest. Content of other keys has no
// digest to compare with. [Open] refuses a catalog that is broken or does not belong to the content; see [Repair].
//
// [Open], [Check] and [Repair] refuse a folder that is not one of serve, before they write to it or delete anything.
//
// No ref takes more from others than its share; see [table.room].
//
//	entries.db   metadata; its file lock keeps a second process out
//	blobs/ID     the blocks of a finished entry
//	uploads/ID   what has arrived of an unfinished one
package store
