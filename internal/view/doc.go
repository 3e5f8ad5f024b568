// Package view is what ls, du, inspect, prune and copies show of a cache: rows, tables, trees
// and the documented JSON of --format json. It takes what packages listing, reclaim and cachecopy
// found, and writes to a [ui.Output]; it asks nobody and decides nothing.
package view
