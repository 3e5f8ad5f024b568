// Package cachecopy copies BuildKit's caches from one cache service to another,
// for a repository that moves from a service with version 1 to one with version 2.
//
// [ReadIndexes] reads the indexes of the source. [NewPlan] is pure: it says which
// layers and indexes are copied, which ones the target has, and which are left and
// why. [Plan.Execute] copies through two small interfaces, [Source] and [Target].
//
// A copy promises its caller three things. Every layer is compared with its digest
// before it becomes an entry. An index is written after its layers, so an
// interrupted copy leaves no index that points at nothing, and the next one goes
// on. Nothing is replaced: what the target has stays.
package cachecopy
