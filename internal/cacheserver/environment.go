package cacheserver

import "strings"

// Variable is an environment variable that a client needs.
type Variable struct{ Name, Value string }

// Environment lists what makes clients use the service at base, such as http://127.0.0.1:8080: v2 and v1 clients, and REST
// clients, which find the API where a GitHub Enterprise Server has it.
func (i *Issuer) Environment(base, runtimeToken, restToken string) []Variable {
	base = strings.TrimRight(base, "/")
	return []Variable{
		{"ACTIONS_RUNTIME_TOKEN", runtimeToken},
		{"ACTIONS_RESULTS_URL", base + "/"},
		{"ACTIONS_CACHE_URL", base + "/"}, // the toolkit needs the slash
		{"ACTIONS_CACHE_SERVICE_V2", "true"},
		{"GITHUB_API_URL", base + enterprisePrefix},
		{"GITHUB_REPOSITORY", i.Repository},
		{"GITHUB_TOKEN", restToken},
	}
}
