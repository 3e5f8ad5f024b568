package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// openFolder opens the catalog and the blobs in a folder, which it makes if need be.
func openFolder(dir string) (*boltCatalog, *files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	catalog, err := openBolt(filepath.Join(dir, database))
	if err != nil {
		return nil, nil, err
	}
	blobs, err := openFiles(dir)
	if err != nil {
		return nil, nil, errors.Join(err, catalog.Close())
	}
	return catalog, blobs, nil
}

// Check compares the entries in a folder with their content, reads all content whose digest is known, and returns what is
// damaged. It removes nothing. [ErrLocked] if a process serves the folder.
func Check(dir string) ([]*Damage, error) { return check(dir, false) }

// Repair does what [Check] does, and removes what is damaged. A catalog that cannot be read is set aside, and a new one
// takes over the rows that can.
func Repair(dir string) ([]*Damage, error) { return check(dir, true) }

func check(dir string, repair bool) ([]*Damage, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	found, err := checkOnce(dir, repair)
	broken, ok := errors.AsType[*Damage](err)
	if !ok || !repair {
		if ok {
			return []*Damage{broken}, nil
		}
		return found, err
	}
	if err := replaceCatalog(dir); err != nil {
		return nil, err
	}
	found, err = checkOnce(dir, true)
	return append([]*Damage{broken}, found...), err
}

func checkOnce(dir string, repair bool) (damage []*Damage, err error) {
	catalog, blobs, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, catalog.Close()) }()
	found, err := inspect(catalog, blobs, true)
	if err == nil && repair {
		err = found.mend(catalog, blobs)
	}
	return found.damage, err
}

// replaceCatalog sets a broken catalog aside and saves in a new one what can be read of it.
func replaceCatalog(dir string) error {
	path := filepath.Join(dir, database)
	aside := path + ".damaged"
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	entries := salvage(aside)
	catalog, err := openBolt(path)
	if err != nil {
		return err
	}
	var last int64
	for _, e := range entries {
		last = max(last, e.ID)
	}
	if last > 0 { // an id that a client still holds must not come to mean another entry
		_, err = catalog.Reserve(last + idsAtOnce)
	}
	for _, e := range entries {
		err = errors.Join(err, catalog.Save(e))
	}
	if err := errors.Join(err, catalog.Close()); err != nil {
		return fmt.Errorf("saving what can be read of %s: %w", aside, err)
	}
	return nil
}

// salvage reads rows until it meets the damage.
func salvage(path string) []Entry {
	catalog, err := openBolt(path)
	if err != nil {
		return nil
	}
	entries, _, _ := catalog.Load() // the damage is known
	_ = catalog.Close()
	return entries
}
