package plugin

import (
	"strings"

	"github.com/spf13/cobra"
)

// examples are the command lines that --help, the reference and the man pages show, by command. Every operand of a usage line is in
// one of them.
func examples() map[string][]string {
	return map[string][]string{
		"": {
			"docker ghacache doctor",
			"docker ghacache build --cache-to type=gha,mode=max,scope=app --cache-from type=gha,scope=app .",
		},
		"build": {
			"docker ghacache build --cache-to type=gha,mode=max,scope=app --cache-from type=gha,scope=app --push -t user/app .",
			"docker ghacache build --cache-from type=gha,scope=app 'https://github.com/user/app.git#main:docker'",
			"git archive HEAD | docker ghacache build --cache-from type=gha,scope=app -",
			"docker ghacache build --gha-dry-run --cache-to type=gha .",
		},
		"bake": {
			"docker ghacache bake --gha-scope-per-target --set '*.cache-to=type=gha,mode=max' --set '*.cache-from=type=gha'",
			"docker ghacache bake --file docker-bake.hcl app worker",
		},
		"ls": {
			"docker ghacache ls --scope 'app*' --ref '*'",
			"docker ghacache ls --entries --filter kind=layer --filter larger=100MB --sort size --limit 20",
			"docker ghacache ls --sort used --asc --format '{{.Scope}} {{.Ref}} {{.Reclaimable}}'",
			"docker ghacache ls --local /tmp/cache",
		},
		"du": {
			"docker ghacache du",
			"docker ghacache du --repo user/app --format json",
		},
		"inspect": {
			"docker ghacache inspect app --ref main",
			"docker ghacache inspect --local /tmp/cache",
			"docker ghacache inspect --local /tmp/cache latest",
		},
		"prune": {
			"docker ghacache prune --dry-run",
			"docker ghacache prune --ref 12 --ref 'feature/*'",
			"docker ghacache prune --keep-storage 8GB --likely --force",
			"docker ghacache prune --local /tmp/cache --keep-tags main --dry-run",
		},
		"mounts": {
			"docker ghacache mounts restore --file Dockerfile",
			"docker ghacache mounts save --file Dockerfile",
		},
		"mounts ls": {"docker ghacache mounts ls --builder ci"},
		"mounts restore": {
			"docker ghacache mounts restore --file Dockerfile --target compile",
			"docker ghacache mounts restore /root/.cache/go-build",
		},
		"mounts save": {
			"docker ghacache mounts save --file Dockerfile --target compile",
			"docker ghacache mounts save '/root/.cache/*'",
		},
		"mounts rm": {"docker ghacache mounts rm /root/.cache/go-build"},
		"migrate-v2": {
			"docker ghacache migrate-v2",
			"docker ghacache migrate-v2 --write .github docker-bake.hcl",
			"docker ghacache migrate-v2 --check --format github",
			"docker ghacache migrate-v2 --copy --to-url https://cache.example/ --to-token env:NEW_TOKEN",
		},
		"explain": {
			"gh run view --log-failed | docker ghacache explain -",
			"docker ghacache explain build.log",
		},
		"doctor": {
			"docker ghacache doctor",
			"docker ghacache doctor --builder ci --format json",
		},
		"hooks":         {"docker ghacache hooks enable"},
		"hooks enable":  {"docker ghacache hooks enable"},
		"hooks disable": {"docker ghacache hooks disable"},
		"hooks status":  {"docker ghacache hooks status"},
		"serve": {
			"docker ghacache serve -- docker ghacache build --cache-to type=gha,mode=max --cache-from type=gha .",
			"docker ghacache serve --listen 127.0.0.1:8080 --env-file cache.env",
			"docker ghacache serve --upstream --format github --env-file \"$GITHUB_ENV\"",
			"docker ghacache serve --check",
		},
		"serve token": {
			"ACTIONS_RUNTIME_TOKEN=$(docker ghacache serve token --ref refs/pull/7/merge --ref refs/heads/main:ro)",
			"GITHUB_TOKEN=$(docker ghacache serve token --rest --read-only)",
		},
		"version": {
			"docker ghacache version",
			"docker ghacache version --format json",
		},
	}
}

// addExamples gives a command and those below their examples. path is what comes after the name of the plugin.
func addExamples(cmd *cobra.Command, path string, all map[string][]string) {
	if lines := all[path]; lines != nil {
		cmd.Example = "  " + strings.Join(lines, "\n  ")
	}
	for _, c := range cmd.Commands() {
		c.DisableFlagsInUseLine = true // the usage lines name [OPTIONS]
		addExamples(c, strings.TrimSpace(path+" "+c.Name()), all)
	}
}
