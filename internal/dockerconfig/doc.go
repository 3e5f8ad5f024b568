// Package dockerconfig edits docker's config.json in place. An edit changes what it
// is about and nothing else: other keys, their order and the white space stay.
package dockerconfig
