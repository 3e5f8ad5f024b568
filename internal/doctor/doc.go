// Package doctor collects the facts that package diagnose judges: it asks docker, buildx, the builder, the cache
// service and GitHub at the same time, and waits for each answer only so long ([Collect]).
package doctor
