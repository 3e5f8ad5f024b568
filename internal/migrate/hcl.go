package migrate

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// hclFile is a bake file.
type hclFile struct {
	f    *file
	body *hclsyntax.Body
	vars map[string]hclsyntax.Expression // defaults of variables
}

func parseHCL(src []byte) (*hclsyntax.Body, error) {
	parsed, diags := hclsyntax.ParseConfig(src, "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("parsing HCL: line %d: %s", diags[0].Subject.Start.Line, diags[0].Summary)
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		return nil, fmt.Errorf("parsing HCL: a body of type %T", parsed.Body)
	}
	return body, nil
}

// bake judges every string and every object of a bake file.
func (f *file) bake(body *hclsyntax.Body) {
	h := &hclFile{f: f, body: body, vars: map[string]hclsyntax.Expression{}}
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
			f.word(h.text(n, 0), "")
		case *hclsyntax.ObjectConsExpr:
			h.object(n)
		}
		return nil
	})
}

// exports records the scopes that a target is cached in.
func (h *hclFile) exports(target string, to hclsyntax.Expression) {
	list, ok := to.(*hclsyntax.TupleConsExpr)
	if !ok {
		return
	}
	for _, e := range list.Exprs {
		entry := h.text(e, 0).value
		if i, j, ok := cacheEntry(entry); ok {
			h.f.export(text{value: entry, at: e.Range().Start.Byte}, i, build{scopeOf(entry[i:j]), "target: " + target})
		}
	}
}

// text is an expression's string with variables resolved to their defaults.
func (h *hclFile) text(e hclsyntax.Expression, depth int) text {
	r := e.Range()
	raw := literal(h.f.src, r.Start.Byte, r.End.Byte)
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if e.Val.IsNull() {
			break
		}
		switch e.Val.Type().FriendlyName() {
		case "number":
			return raw
		case "string":
			if v := e.Val.AsString(); v != raw.value {
				return text{value: v, at: raw.at, refuse: "it is written with escapes"}
			}
			return raw
		}
	case *hclsyntax.TemplateExpr:
		var parts []text
		for _, p := range e.Parts {
			parts = append(parts, h.text(p, depth))
		}
		if len(parts) > 0 {
			return join(parts...)
		}
		return text{at: raw.at}
	case *hclsyntax.TemplateWrapExpr:
		return h.text(e.Wrapped, depth)
	case *hclsyntax.ScopeTraversalExpr:
		if d := h.vars[e.Traversal.RootName()]; d != nil && depth < maxDepth {
			return h.text(d, depth+1).from(e.Traversal.RootName(), r.Start.Byte)
		}
	}
	return raw.unresolved()
}

// object judges the object form of a cache entry: { type = "gha", version = "1" }.
func (h *hclFile) object(o *hclsyntax.ObjectConsExpr) {
	members := map[string]text{}
	for _, item := range o.Items {
		if key := hcl.ExprAsKeyword(item.KeyExpr); key != "" {
			r := item.KeyExpr.Range()
			h.f.cacheURL(literal(h.f.src, r.Start.Byte, r.End.Byte), "args")
			members[key] = h.text(item.ValueExpr, 0)
			continue
		}
		if key, diags := item.KeyExpr.Value(nil); !diags.HasErrors() && key.Type().FriendlyName() == "string" {
			members[key.AsString()] = h.text(item.ValueExpr, 0)
		}
	}
	if members["type"].value != "gha" {
		return
	}
	h.f.gha = true
	if v, ok := members["version"]; ok {
		h.f.cacheVersion(v, 0, len(v.value))
	}
	if v, ok := members["url"]; ok {
		h.f.service.see(v.value)
	}
}
