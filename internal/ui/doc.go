// Package ui writes for people: notes and errors with their hints, bars and
// progress. It does not know the cache.
package ui
