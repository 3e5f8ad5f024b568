package dockerconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/config"
	"github.com/moby/sys/atomicwriter"
)

// Read reads the configuration of this user and tells where it is. One that does
// not exist is empty.
func Read() (c *Config, file string, err error) {
	file, err = filepath.EvalSymlinks(filepath.Join(config.Dir(), config.ConfigFileName))
	if errors.Is(err, fs.ErrNotExist) {
		file, err = filepath.Join(config.Dir(), config.ConfigFileName), nil
	}
	if err != nil {
		return nil, "", err
	}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	if c, err = Parse(text); err != nil {
		return nil, "", fmt.Errorf("reading %s: %w", file, err)
	}
	return c, file, nil
}

// Edit changes the configuration of this user. It writes the file as a whole, and
// only if it changed.
func Edit(edit func(*Config) error) error {
	c, file, err := Read()
	if err != nil {
		return err
	}
	before := string(c.Bytes())
	if err := edit(c); err != nil {
		return fmt.Errorf("editing %s: %w", file, err)
	}
	if string(c.Bytes()) == before {
		return nil
	}
	mode := fs.FileMode(0o600) // it may hold credentials
	if info, err := os.Stat(file); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return atomicwriter.WriteFile(file, c.Bytes(), mode)
}
