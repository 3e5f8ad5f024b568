package archive

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

// Serve does with a mount what the other side of a connection asks for, until that ends the conversation. Number is that
// of the mount. What fails for a mount is told to the other side.
func Serve(connection io.ReadWriter, dir string, number int) error {
	c := wire.New(connection)
	if err := c.Send(wire.Hello{Version: wire.Version, Mount: number}); err != nil {
		return err
	}
	for {
		var request wire.Request
		if err := c.Receive(&request); err != nil {
			return err
		}
		var err error
		switch request.Op {
		case wire.OpNone:
			return nil
		case wire.OpSave:
			err = save(c, dir)
		case wire.OpRestore:
			err = restore(c, dir)
		default:
			err = fmt.Errorf("unknown operation %q", request.Op)
		}
		if err != nil {
			// The other side may be sending still, and reads the reason after that.
			failed := c.Fail(err)
			_, drained := io.Copy(io.Discard, connection)
			return errors.Join(failed, drained)
		}
	}
}

func save(c *wire.Conn, dir string) error {
	w, err := walk(dir)
	if err != nil {
		return err
	}
	if err := c.Send(wire.Tree{ID: treeID(w.files), Files: len(w.files) - 1, Bytes: w.bytes}); err != nil {
		return err
	}
	var plan wire.Plan
	if err := c.Receive(&plan); err != nil {
		return err
	}
	if plan.None {
		return nil
	}
	var prev *Manifest
	if plan.Key != "" {
		if prev, err = readManifest(c.Reader()); err != nil {
			return err
		}
	}
	m, changed := next(dir, w, prev, plan.Key)
	enc := newEncoder()
	frame, id, err := m.encode(enc)
	if err = errors.Join(err, enc.Close()); err != nil {
		return err
	}
	change := wire.Change{None: !changed, ID: id, Bytes: m.Bytes}
	for _, p := range m.Packs {
		change.Packs = append(change.Packs, p.Key)
	}
	for _, f := range m.Files {
		if own(f) {
			change.Files++
		}
	}
	if err := c.Send(change); err != nil || change.None {
		return err
	}
	var request wire.Request
	if err := c.Receive(&request); err != nil || request.Op != wire.OpSave {
		return err
	}
	return send(c, dir, m, frame)
}

func readManifest(r io.Reader) (*Manifest, error) {
	frame, err := ReadFrame(r)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, err
	}
	return decode(frame)
}

func send(c *wire.Conn, dir string, m *Manifest, frame []byte) error {
	out := c.Writer()
	if _, err := out.Write(frame); err != nil {
		return err
	}
	changed, err := pack(out, dir, m.Files, own)
	if err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return c.Send(wire.Saved{Changed: changed})
}

func restore(c *wire.Conn, dir string) (err error) {
	full, err := occupied(dir)
	if err != nil {
		return err
	}
	if err := c.Send(wire.Occupancy{Occupied: full}); err != nil || full {
		return err
	}
	r, err := newRestorer(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	for {
		var pack wire.Pack
		if err := c.Receive(&pack); err != nil {
			return err
		}
		if pack.Key == "" {
			break
		}
		if err := r.take(pack.Key, c.Reader()); err != nil {
			return err
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	return c.Send(wire.Restored{Files: r.written, Bytes: r.bytes})
}

// take reads an entry to its end.
func (r *restorer) take(key string, content io.Reader) error {
	n := 0
	if r.manifest == nil {
		frame, err := ReadFrame(content)
		if err != nil {
			return err
		}
		m, err := decode(frame)
		if err != nil {
			return err
		}
		if err := r.begin(m); err != nil {
			return err
		}
	} else {
		n = 1 + slices.IndexFunc(r.manifest.Packs, func(p Pack) bool { return p.Key == key })
		if n == 0 {
			return fmt.Errorf("entry %q is not one that the manifest has", key)
		}
	}
	if err := r.unpack(n, content); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, content)
	return err
}
