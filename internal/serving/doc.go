// Package serving runs a cache service on this machine for builds: it listens, tells the environment of a job, and
// serves until the program ends or a command that it runs in that environment does ([Run]). The service is one on a
// folder, or a relay ([Relay]). [RuntimeToken] and [RESTToken] make the tokens of a service on a folder.
package serving
