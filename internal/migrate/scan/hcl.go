package scan

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// bakeFile is a bake file in HCL.
type bakeFile struct {
	page *Page
	vars map[string]hclsyntax.Expression // defaults of variables
}

// bake reads every string and every object of a bake file.
func (p *Page) bake() error {
	body, err := source.ParseHCL(p.File.Src)
	if err != nil {
		return err
	}
	h := &bakeFile{page: p, vars: map[string]hclsyntax.Expression{}}
	for _, b := range body.Blocks {
		if d := b.Body.Attributes["default"]; b.Type == "variable" && len(b.Labels) == 1 && d != nil {
			h.vars[b.Labels[0]] = d.Expr
		}
	}
	for _, b := range body.Blocks {
		if to := b.Body.Attributes["cache-to"]; b.Type == "target" && len(b.Labels) == 1 && to != nil {
			h.exports(b.Labels[0], to.Expr)
		}
	}
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.TemplateExpr:
			p.word(h.text(n, 0), "")
		case *hclsyntax.FunctionCallExpr:
			if t, ok := h.joined(n, 0); ok {
				p.word(t, "")
			}
		case *hclsyntax.ObjectConsExpr:
			h.object(n)
		}
		return nil
	})
	return nil
}

// exports adds the cache exports of a target.
func (h *bakeFile) exports(target string, to hclsyntax.Expression) {
	list, ok := to.(*hclsyntax.TupleConsExpr)
	if !ok {
		return
	}
	for _, e := range list.Exprs {
		h.page.export(source.Opaque(h.page.File.Src, h.text(e, 0).Value, e.Range().Start.Byte, ""), "target: "+target)
	}
}

// text is an expression's string with variables resolved to their defaults.
func (h *bakeFile) text(e hclsyntax.Expression, depth int) source.Text {
	src, r := h.page.File.Src, e.Range()
	raw := source.Literal(src, r.Start.Byte, r.End.Byte)
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if e.Val.IsNull() {
			break
		}
		switch e.Val.Type().FriendlyName() {
		case "number":
			return raw
		case "string":
			if v := e.Val.AsString(); v != raw.Value {
				return source.Opaque(src, v, raw.Pos(0), "it has escapes")
			}
			return raw
		}
	case *hclsyntax.TemplateExpr:
		var parts []source.Text
		for _, p := range e.Parts {
			parts = append(parts, h.text(p, depth))
		}
		if len(parts) > 0 {
			return source.Join(parts...)
		}
		return source.Empty(src, raw.Pos(0))
	case *hclsyntax.TemplateWrapExpr:
		return h.text(e.Wrapped, depth)
	case *hclsyntax.FunctionCallExpr:
		if t, ok := h.joined(e, depth); ok {
			return t
		}
	case *hclsyntax.ScopeTraversalExpr:
		if d := h.vars[e.Traversal.RootName()]; d != nil && depth < maxDepth && h.page.budget.Take() {
			return h.text(d, depth+1).From(e.Traversal.RootName(), r.Start.Byte)
		}
	}
	return raw.Unresolved()
}

// joined is what join() makes of lists that are written out.
func (h *bakeFile) joined(call *hclsyntax.FunctionCallExpr, depth int) (source.Text, bool) {
	if call.Name != "join" || len(call.Args) < 2 || depth >= maxDepth || !h.page.budget.Take() {
		return source.Text{}, false
	}
	sep, diags := call.Args[0].Value(nil)
	if diags.HasErrors() || sep.IsNull() || sep.Type().FriendlyName() != "string" {
		return source.Text{}, false
	}
	at := call.Range().Start.Byte
	var parts []source.Text
	for _, arg := range call.Args[1:] {
		list, ok := h.list(arg, depth)
		if !ok {
			return source.Text{}, false
		}
		for _, e := range list.Exprs {
			if len(parts) > 0 {
				parts = append(parts, source.Empty(h.page.File.Src, at).Append(sep.AsString()))
			}
			parts = append(parts, h.text(e, depth+1))
		}
	}
	return source.Join(parts...), len(parts) > 0
}

// list is a list that is written out, or the default of a variable that is one.
func (h *bakeFile) list(e hclsyntax.Expression, depth int) (*hclsyntax.TupleConsExpr, bool) {
	for ; depth < maxDepth; depth++ {
		v, ok := e.(*hclsyntax.ScopeTraversalExpr)
		if !ok || h.vars[v.Traversal.RootName()] == nil {
			break
		}
		e = h.vars[v.Traversal.RootName()]
	}
	list, ok := e.(*hclsyntax.TupleConsExpr)
	return list, ok
}

// object adds the names and values of an object, and the object form of a cache
// entry: { type = "gha", version = "1" }.
func (h *bakeFile) object(o *hclsyntax.ObjectConsExpr) {
	members := map[string]source.Text{}
	for _, item := range o.Items {
		if key := hcl.ExprAsKeyword(item.KeyExpr); key != "" {
			r := item.KeyExpr.Range()
			h.page.Keys = append(h.page.Keys, source.Literal(h.page.File.Src, r.Start.Byte, r.End.Byte))
			members[key] = h.text(item.ValueExpr, 0)
			continue
		}
		if key, diags := item.KeyExpr.Value(nil); !diags.HasErrors() && key.Type().FriendlyName() == "string" {
			members[key.AsString()] = h.text(item.ValueExpr, 0)
		}
	}
	if members["type"].Value == "gha" {
		h.page.object(Object{Version: members["version"], URL: members["url"].Value})
	}
}
