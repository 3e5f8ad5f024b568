// Package pruning is the dialogue of prune: it reads what was asked for, shows a plan with its reasons, asks for
// confirmation, plans again if a build came between, and says what was deleted. [New] is for the cache of a
// repository, and [Local] for a folder of type=local.
//
// What may be deleted is decided by packages reclaim and localcache, which also delete.
package pruning
