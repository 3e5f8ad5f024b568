package archive

// maxPacks is how many older entries an entry may build on. Their IDs are in its key, which has 512 characters.
const maxPacks = 12

// next makes the manifest of a mount after prev, the manifest of the entry with this key; nil is none. It hashes the
// files that may be new. It reports whether anything but times has changed.
func next(dir string, w *walked, prev *Manifest, key string) (m *Manifest, changed bool) {
	m = &Manifest{Version: version, Files: w.files}
	old := map[string]File{}
	if prev != nil {
		m.Packs = append([]Pack{{key, prev.Bytes}}, prev.Packs...)
		for _, f := range prev.Files {
			old[f.Path] = f
		}
	}
	for i := range m.Files {
		f := &m.Files[i]
		if was, ok := old[f.Path]; ok && f.Kind == regular && was.Kind == regular && was.Size == f.Size && was.Time == f.Time {
			f.Hash, f.Pack = was.Hash, was.Pack+1
		}
	}
	m.drop(hash(dir, m.Files, own))
	changed = prev == nil || len(m.Files) != len(prev.Files)
	for i := range m.Files {
		f := &m.Files[i]
		was := old[f.Path]
		if own(*f) && was.Kind == regular && string(was.Hash) == string(f.Hash) && was.Size == f.Size {
			f.Pack = was.Pack + 1 // it was only touched
		}
		changed = changed || own(*f) || !f.sameMeta(was)
	}
	m.takeIn()
	return m, changed
}

// own reports whether the manifest's own entry has the content of a file.
func own(f File) bool { return f.Kind == regular && f.Pack == 0 }

// drop removes files, and hard links to them.
func (m *Manifest) drop(lost map[string]bool) {
	if len(lost) == 0 {
		return
	}
	kept := m.Files[:0]
	for _, f := range m.Files {
		if !lost[f.Path] && (f.Kind != hardlink || !lost[f.Target]) {
			kept = append(kept, f)
		}
	}
	m.Files = kept
}

// takeIn moves contents of older entries into the manifest's own: of those that are not larger than what it has, so that
// there are few entries and a small change stays small, and of those that are mostly unused. Entries without use are dropped.
func (m *Manifest) takeIn() {
	used := make([]int64, len(m.Packs)+1)
	for _, f := range m.Files {
		if f.Kind == regular {
			used[f.Pack] += f.Size
		}
	}
	into := make([]int, len(m.Packs)+1)
	var packs []Pack
	for i, p := range m.Packs {
		n := i + 1
		switch {
		case used[n] == 0:
		case used[n] <= used[0], used[n]*2 < p.Bytes, len(packs) == maxPacks:
			used[0] += used[n]
		default:
			packs = append(packs, p)
			into[n] = len(packs)
		}
	}
	for i := range m.Files {
		m.Files[i].Pack = into[m.Files[i].Pack]
	}
	m.Packs, m.Bytes = packs, used[0]
}
