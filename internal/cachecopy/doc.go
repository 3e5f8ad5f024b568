// Package cachecopy copies BuildKit's caches from one cache service to another,
// for a repository that moves from a service with version 1 to one with version 2.
//
// [ReadIndexes] reads the indexes of the source. [NewPlan] is pure. It lists
// the layers and indexes to copy, those that the target has, and those that
// stay behind, with the reason. [Plan.Execute] copies through two small
// interfaces, [Source] and [Target].
//
// A copy makes three promises. It compares every layer with its digest before
// the layer becomes an entry. It writes an index after its layers, so an
// interrupted copy leaves no index with missing layers, and the next copy
// continues. It replaces nothing that the target has.
package cachecopy
