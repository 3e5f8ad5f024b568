package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ForeignError says that a folder is not one of serve. Nothing was written to it, and nothing deleted in it.
type ForeignError struct {
	Dir   string
	Why   string
	Empty bool // there is nothing in it, so that serve may have it
}

// Error implements [error].
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is not a folder of serve: %s", e.Dir, e.Why)
}

// Hint is the fix for who wants a store there.
func (e *ForeignError) Hint() string { return "--dir DIR   # an empty folder, or a new one" }

// What is in a folder of serve, beside [database], "blobs" and "uploads".
const (
	keyFile    = "service.json"        // package cacheserver has one, and a relay has none
	newKeyFile = ".tmp-" + keyFile     // and a number: what a killed process was writing
	setAside   = database + ".damaged" // by Repair
	ofTheDisk  = "lost+found"          // every new disk has it
)

// ofServe says whether some version of serve writes a file of this name at the top of its folder.
func ofServe(name string) bool {
	switch name {
	case database, setAside, keyFile, "blobs", "uploads", ofTheDisk:
		return true
	}
	return strings.HasPrefix(name, newKeyFile)
}

// own returns nil for a folder of serve, and else a [ForeignError]. It only reads. Who opens a store deletes files that are
// named like its own, and other programs also have folders named blobs and files named 7. So a catalog that has given out
// ids proves that the folder is ours. If it is lost, the key does, or what is left of the catalog, as long as nothing else
// is in the folder.
func own(dir string) error {
	foreign := func(why string, args ...any) error { return &ForeignError{Dir: dir, Why: fmt.Sprintf(why, args...)} }
	found, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &ForeignError{Dir: dir, Why: "it does not exist", Empty: true}
	}
	if err != nil {
		return err
	}
	left, err := lookAt(filepath.Join(dir, database))
	if err != nil {
		return err
	}
	content, folders, err := contentOf(dir)
	if err != nil {
		return err
	}
	keyed, stray := hasKey(dir), ""
	unused := left.whole && content == "" // whoever reads a key that is damaged says so
	for _, file := range found {
		if !ofServe(file.Name()) || file.Name() == keyFile && !keyed && !unused {
			stray = file.Name()
			break
		}
		left.torn = left.torn || file.Name() == setAside
	}
	switch {
	case left.used, unused && keyed: // whatever else somebody keeps there
		return nil
	case stray != "":
		return foreign("serve has not written %s, which is in it", stray)
	case left.other:
		return foreign("%s is another program's", database)
	case keyed, left.torn && folders:
		return nil
	case content != "":
		return foreign("%s is in it, but neither %s nor a catalog that knows it", content, keyFile)
	case left.torn:
		return foreign("its catalog cannot be read, and blobs and uploads are not there")
	case left.whole:
		return nil
	}
	return &ForeignError{Dir: dir, Why: "it is empty", Empty: true}
}

// remains are what there is of a catalog. Without any, there is no file, or an empty one.
type remains struct {
	used  bool // it has given out ids, or has a row of ours
	whole bool // it can be read, and no other program has written to it
	other bool // another program has
	torn  bool // it cannot be read
}

// lookAt looks at a catalog without writing to it: opening the database of another program in the usual way might.
func lookAt(path string) (r remains, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil
	case err != nil:
		return r, err
	case !info.Mode().IsRegular():
		return remains{other: true}, nil
	case info.Size() == 0:
		return r, nil
	}
	c, err := readBolt(path, false)
	if err == nil {
		r, err = c.remains()
		err = errors.Join(err, c.Close())
	}
	if _, ok := errors.AsType[*Damage](err); ok {
		return remains{torn: true}, nil
	}
	return r, err
}

// contentOf names a file in blobs or uploads, if there is one, and says whether both folders are there.
func contentOf(dir string) (name string, both bool, err error) {
	both = true
	for _, folder := range []string{"blobs", "uploads"} {
		files, err := os.ReadDir(filepath.Join(dir, folder))
		if errors.Is(err, fs.ErrNotExist) {
			both = false
			continue
		}
		if err != nil {
			return "", false, err
		}
		if len(files) > 0 && name == "" {
			name = filepath.Join(folder, files[0].Name())
		}
	}
	return name, both, nil
}

// hasKey says whether the key of a service is in the folder, and not another program's file of that name.
func hasKey(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, keyFile))
	var identity struct {
		Secret     []byte `json:"secret"`
		Repository string `json:"repository"`
	}
	return err == nil && json.Unmarshal(data, &identity) == nil && len(identity.Secret) > 0 && identity.Repository != ""
}
