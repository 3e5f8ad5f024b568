package scan

import (
	"errors"
	"unicode/utf8"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// wordLength is a guess at the bytes that a file has for each of its words.
const wordLength = 32

// Read lists the content of a file. The error says why it cannot be parsed.
func Read(f *source.File) (*Page, error) {
	if !utf8.Valid(f.Src) {
		return nil, errors.New("not UTF-8")
	}
	p := &Page{File: f, budget: &source.Budget{}, Words: make([]Word, 0, len(f.Src)/wordLength)}
	switch f.Kind {
	case source.HCL:
		return p, p.bake()
	case source.Shell:
		p.bakeCalls(source.Literal(f.Src, 0, len(f.Src)))
		p.shell(p.bare(), source.Literal(f.Src, 0, len(f.Src)))
	case source.Make, source.Just, source.Dockerfile:
		p.bakeCalls(source.Literal(f.Src, 0, len(f.Src)))
		p.byLine()
	default:
		return p, p.yaml()
	}
	return p, nil
}

func (p *Page) yaml() error {
	doc, err := source.ParseYAML(p.File.Src)
	if err != nil {
		return err
	}
	for _, root := range doc.Roots {
		switch p.File.Kind {
		case source.Workflow:
			p.workflow(doc, root)
		case source.Action:
			p.action(doc, root)
		default:
			p.scalars(p.scopeOf(doc), root)
			p.targets(doc, root)
		}
	}
	return nil
}
