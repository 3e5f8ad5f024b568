// Package hooks is the plugin's part in docker's hooks: docker can ask a plugin about a command that failed. A
// [Registration] says in config.json after which commands docker asks, and [Failed] finds out why the command failed.
package hooks
