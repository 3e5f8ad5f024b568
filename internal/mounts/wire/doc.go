// Package wire is the conversation between this program and its helper inside a builder, over one connection for each
// cache mount. A connection carries messages in JSON and streams of bytes, one after another, in both directions.
//
// [Messages] says who says what.
package wire
