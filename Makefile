SHELL   := /bin/bash
BIN     := bin/docker-ghacache
FUZZ    ?= 20s
SOAK    ?= 5m
HELPERS ?= $(shell go env GOARCH)
GUIDES  := ^Test(Guides|AWrongGuideFails)$$
PLUGINS := $(or $(DOCKER_CONFIG),$(HOME)/.docker)/cli-plugins

# As the pinned programs are built, which share most packages.
export CGO_ENABLED := 0

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Go fetches what the plugin needs while it compiles the helper.
build: ## build the plugin into bin/
	@go list -deps ./cmd/docker-ghacache >/dev/null & $(MAKE) --no-print-directory helpers && wait
	@hack/progress $(BIN) -tags helper -ldflags '-s -w' -o $(BIN) ./cmd/docker-ghacache

helpers: ## build what packs cache mounts inside builders, for the architectures in HELPERS (that of this machine)
	@for arch in $(HELPERS); do file=internal/mounts/bin/helper-$$arch; \
		GOOS=linux GOARCH=$$arch go build -ldflags '-s -w' -o $$file ./internal/mounts/helper && gzip -9nf $$file || exit; \
	done

install: build ## install the plugin for this user's docker
	mkdir -p $(PLUGINS)
	cp $(BIN) $(PLUGINS)/

demo: build ## build an example, forget it, build it again from the cache
	@hack/demo

# The package that takes longest begins first.
test: build ## run all tests but those of docs-test, with real builds where the machine can run them
	@hack/build-tools
	hack/engine run bin/gotestsum --format standard-quiet --hide-summary skipped -- -timeout 20m -skip '$(GUIDES)' ./internal/e2e ./...

docs-test: build ## do what README.md and docs/guides tell their readers to do, guide by guide
	@hack/build-tools
	GHACACHE_E2E=required hack/engine run bin/gotestsum --format testname -- ./internal/e2e -run '$(GUIDES)' -count=1 -timeout 20m

# It takes memory and time, and some tests measure these.
race: ## run the tests with the race detector, but for real builds
	CGO_ENABLED=1 GHACACHE_E2E=off go test -race -timeout 30m -skip '(Bounded|Little)Memory|MemoryIsFlat|TimesFaster|MatterOfSeconds' \
		./cacheopts/... ./internal/... ./plugin/...

bench: build ## measure, and write docs/benchmarks.md
	hack/engine run hack/lab --both go run ./hack/bench

record: build ## run the commands of the README's picture, and write docs/terminal.svg
	LAB_BUILDER=ci hack/engine run hack/lab go run ./hack/record

lint: ## check formatting, run golangci-lint
	@files=$$(gofmt -l .); [ -z "$$files" ] || { echo "not formatted: $$files" >&2; exit 1; }
	@hack/build-tools golangci-lint
	bin/golangci-lint run --allow-parallel-runners

cross: ## compile and vet for every platform
	@for os in linux darwin windows; do for arch in amd64 arm64; do \
		echo "vet $$os/$$arch"; GOOS=$$os GOARCH=$$arch go vet ./... || exit; \
	done; done

fuzz: ## run every fuzz target for FUZZ (20s)
	@hack/fuzz $(FUZZ)

soak: ## attack and kill the cache service, the relay and BuildKit for SOAK (5m) while four builds use them (root)
	@hack/build-tools
	SOAK=$(SOAK) GHACACHE_E2E=required go test -p 1 ./internal/cacheserver ./internal/e2e -run '^TestSoak$$' -count=1 -v -timeout 0

release: ## make the files of a release of this commit in dist/, and publish nothing
	GHACACHE_RELEASE=1 go test ./internal/release -run '^TestDataOfAReleaseIsFresh$$' -count=1
	@hack/build-tools nfpm
	go run ./hack/release $(if $(PLATFORMS),-platforms "$(PLATFORMS)")

release-check: ## install every package of dist/ in an empty root, and build its program again (needs rpm)
	go run ./hack/release check
	go run ./hack/release reproduce

docs: ## generate docs/reference and docs/troubleshooting.md
	go run ./hack/docs

refresh: ## ask GitHub for the newest versions and tags that migrate-v2 knows (GITHUB_TOKEN or GH_TOKEN)
	@go run ./hack/refresh

validate: docs ## check that every go.mod is tidy, and what is generated up to date
	@for module in . hack/tools/*/; do (cd $$module && go mod tidy -diff) || exit; done
	@changed=$$(git status --porcelain docs/reference docs/troubleshooting.md); [ -z "$$changed" ] || { echo "not up to date: $$changed" >&2; exit 1; }

clean: ## remove what was built
	rm -rf bin dist internal/mounts/bin

.DEFAULT_GOAL := help
.PHONY: help build helpers install demo test docs-test race bench record lint cross fuzz soak release release-check docs refresh validate clean
