package source

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// ParseHCL reads a bake file.
func ParseHCL(src []byte) (*hclsyntax.Body, error) {
	if err := Nested(src); err != nil {
		return nil, fmt.Errorf("parsing HCL: %w", err)
	}
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
