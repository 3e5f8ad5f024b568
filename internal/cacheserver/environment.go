package cacheserver

import "strings"

// Variable is an environment variable that a client needs.
type Variable struct{ Name, Value string }

// Environment returns the variables with which clients use the service at base, such as http://127.0.0.1:8080. They
// serve clients of v2 and v1, and REST clients, which look for the API under the path of a GitHub Enterprise Server.
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
