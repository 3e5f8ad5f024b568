package dockerconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docker-ghacache/docker-ghacache/internal/atomicfile"
	"github.com/docker/cli/cli/config"
)

// Read reads the configuration of this user and tells where it is. One that does
// not exist is empty.
func Read() (c *Config, file string, err error) {
	file = filepath.Join(config.Dir(), config.ConfigFileName)
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	if c, err = Parse(text); err != nil {
		return nil, "", fmt.Errorf("reading %s: %w", file, err)
	}
	return c, file, nil
}

// Edit changes the configuration of this user, only if there is something to change.
// See package atomicfile for what the file keeps.
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
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if err := atomicfile.Write(file, c.Bytes(), 0o600); err != nil { // it may hold credentials
		return fmt.Errorf("writing docker's configuration: %w", err)
	}
	return nil
}
