# BUILDX := v0.9.0
BUILDX_VERSION ?= v0.12.0
BUILDKIT := v0.13.2# pinned
export DOCKER = docker:24-dind
CACHE = type=gha,version=1
ACTIONS_CACHE_SERVICE_V2 := 0

builder: ## moby/buildkit:v0.1.0
	docker buildx create --driver-opt image=moby/buildkit:$(BUILDKIT)
	docker buildx create --driver-opt "image=moby/buildkit:v0.14.0" # moby/buildkit:v0.2.0
	docker run -d $(DOCKER)
	curl -fL https://github.com/docker/buildx/releases/download/$(BUILDX_VERSION)/buildx-$(BUILDX_VERSION).linux-amd64
	curl -fL https://github.com/docker/buildx/releases/download/$(shell cat VERSION)/buildx

image:
	@docker buildx build --cache-to $(CACHE) --cache-from=type=gha,version=1 .
	docker buildx bake --set '*.cache-to=type=gha,mode=max,version=1' --set "*.cache-from=type=gha"
