// Package localcache looks into the folders that `--cache-to type=local,dest=D` writes, and
// deletes from them what no build needs.
//
// Such a folder is an OCI image layout: index.json references a manifest for each tag, and a
// manifest references the layers. [Read] returns it as the analysis of package reclaim, in
// which a tag is a scope, the manifest of a tag is its index, and there are no refs.
// [NewPlan] is pure. [Plan.Execute] deletes.
//
// # Locks
//
// BuildKit's client, which is buildx, writes index.json at the end of a build, and reads it at
// the beginning (client/ociindex). For that time it locks index.json.lock, and removes this
// file afterwards. It never waits for the lock: a build that cannot write fails, and a build
// that cannot read has no cache. So [Plan.Execute] keeps the lock only while it compares
// index.json with the one that it has planned for and renames files, and [Read] takes no lock.
//
// That lock does not protect layers. An export writes them before index.json, without a lock,
// and writes no layer that is there already. An import reads them until the build ends. What
// protects them is this:
//
//   - A file that no manifest references and that is younger than [Policy.Grace] may be part of
//     an export that is not over, unless a manifest referenced it before. While there is one,
//     nothing is deleted, because that export may have found any other file.
//   - Builds that run with this program share a lock on the folder, see [Enter], or on Windows
//     on a file in it. Nothing is deleted before all of them are over.
//
// So a build that runs without this program is seen from the moment at which its export begins
// to write a layer. It is not seen while it imports. Then it fails if it needs a layer that another
// build has replaced and deleted: unlike in a gha cache, a missing layer is an error for BuildKit.
// Nor is it seen once another build has referenced all layers that it wrote, as two builds of one
// image on one builder do, of which only one runs with this program. A layer that it has exported,
// and that no manifest references or only a tag that goes, is then deleted before its manifest is
// there. Such a build would be seen if young layers counted that only young manifests reference.
// But those are what each build leaves that cleans up after itself, so it would never delete
// anything.
//
// # Crashes
//
// index.json is replaced before the first file is renamed. Then the files are renamed into a
// folder inside of the cache, and deleted there once the lock is released. The next execution
// finishes one that was interrupted: it puts back what a manifest references, and deletes the
// rest.
package localcache
