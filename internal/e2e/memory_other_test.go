//go:build !linux

package e2e

func roomInMemory() bool { return false }
