package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// openFolder opens the catalog and the blobs in a folder, which it makes if need be. Ask [own] first.
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
// damaged. It writes nothing and removes nothing. [ErrLocked] if a process serves the folder, a [ForeignError] if the folder
// is not one of serve.
func Check(dir string) ([]*Damage, error) {
	if err := own(dir); err != nil {
		return nil, err
	}
	return asFound(inspectFolder(dir))
}

// asFound takes a catalog that cannot be read for damage like any other.
func asFound(found []*Damage, err error) ([]*Damage, error) {
	if broken, ok := errors.AsType[*Damage](err); ok {
		return []*Damage{broken}, nil
	}
	return found, err
}

func inspectFolder(dir string) (damage []*Damage, err error) {
	var catalog Catalog = noCatalog{}
	path := filepath.Join(dir, database)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if catalog, err = readBolt(path, true); err != nil {
			return nil, err
		}
	}
	defer func() { err = errors.Join(err, catalog.Close()) }()
	blobs := &files{dir: dir}
	if _, err := os.Stat(blobs.sub("blobs")); errors.Is(err, fs.ErrNotExist) {
		return []*Damage{{What: blobs.sub("blobs") + " is missing"}}, nil
	}
	found, err := inspect(catalog, blobs, true)
	return found.damage, err
}

// noCatalog stands for one that is lost, where none may be made.
type noCatalog struct{ Catalog }

func (noCatalog) Load() ([]Entry, []*Damage, error) { return nil, nil, nil }
func (noCatalog) Given() (int64, error)             { return 0, nil }
func (noCatalog) Close() error                      { return nil }

// Repair does what [Check] does, and removes what is damaged. A catalog that cannot be read is set aside, and a new one
// takes over the rows that can.
func Repair(dir string) ([]*Damage, error) {
	if err := own(dir); err != nil {
		return nil, err
	}
	found, err := mendFolder(dir)
	broken, ok := errors.AsType[*Damage](err)
	if !ok {
		return found, err
	}
	if err := replaceCatalog(dir); err != nil {
		return nil, err
	}
	found, err = mendFolder(dir)
	return append([]*Damage{broken}, found...), err
}

func mendFolder(dir string) (damage []*Damage, err error) {
	catalog, blobs, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, catalog.Close()) }()
	found, err := inspect(catalog, blobs, true)
	if err == nil {
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
	catalog, err := readBolt(path, false)
	if err != nil {
		return nil
	}
	entries, _, _ := catalog.Load() // the damage is known
	_ = catalog.Close()
	return entries
}
