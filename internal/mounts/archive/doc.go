// Package archive writes what a cache mount holds into an entry of the cache, and fills an empty mount from entries. It
// runs in the helper, inside a builder.
//
// An entry is a compressed tar archive behind a manifest, which is in a frame that zstd skips: `zstd -d` and `tar` read
// it. The manifest lists every file of the mount, with the entry that has its content: the entry itself, or an older
// one. So after a small change an entry has little content. The archives hold contents only. Names, owners, modes,
// times and links come from the manifest, so that there is one place in which paths are checked.
//
// Files are restored into a folder of their own inside the mount. They move to their places once all are there, so a
// mount that was not filled to the end holds nothing that a build would read.
package archive
