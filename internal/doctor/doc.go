// Package doctor examines what a gha cache needs. [Collect] asks docker, buildx, the builder,
// the cache service and GitHub at the same time, and waits for each answer only so long.
// [Examine] judges these [Facts], one check after the other; it is pure, and knows the
// catalogue of package diagnose.
package doctor
