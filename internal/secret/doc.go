// Package secret reads tokens from where a flag says ([Sources]), and writes files that hold tokens ([Write],
// [Append]): only their owner can read them, and no error shows what is in them.
package secret
