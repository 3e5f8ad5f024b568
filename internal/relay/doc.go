// Package relay stands between BuildKit and the cache service. BuildKit exports one layer after another in small blocks
// and waits for each. A [Relay] near the builder accepts layers at once and sends them on in parallel; it reads large
// layers in parallel, too.
//
// A relay speaks version 2 of the protocol in both directions. Its one promise is about indexes: it commits an index
// only when every layer that the index references is committed upstream. If one of them failed, the commit of the index
// fails with the reason. Nothing that was interrupted becomes an entry.
//
// The builder gets a token that only the relay accepts, so GitHub's token stays in this process.
package relay
