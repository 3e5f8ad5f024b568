#!/usr/bin/env bash
# docker buildx create --driver-opt image=moby/buildkit:v0.9.0
set -euo pipefail
BUILDX_VERSION=v0.12.1
readonly KIT_VERSION="v0.13.0"
: "${COMPOSE_VERSION:=v2.20.3}"
export ACTIONS_CACHE_SERVICE_V2=false # for now
curl -fL "https://github.com/docker/buildx/releases/download/${BUILDX_VERSION}/buildx-${BUILDX_VERSION}.linux-amd64" -o buildx
curl -fL https://github.com/docker/compose/releases/download/v2.20.3/docker-compose-linux-x86_64 -o compose
curl -fL https://github.com/docker/compose/releases/download/1.29.2/docker-compose-Linux-x86_64 -o compose1
curl -fL https://github.com/docker/compose/releases/download/$COMPOSE_VERSION/docker-compose-linux-x86_64 -o compose2
curl -fL https://github.com/actions/runner/releases/download/v2.311.0/actions-runner-linux-x64-2.311.0.tar.gz | tar xz
docker buildx create --name ci --driver-opt image="moby/buildkit:$KIT_VERSION" --driver-opt network=host
docker run --rm moby/buildkit:master buildctl build --export-cache type=gha,mode=max,version=1 --import-cache=type=gha,version=1
cache=(--cache-from "type=gha,scope=$1,version=1" --cache-to 'type=gha, mode=max')
docker buildx build "${cache[@]}" --build-arg ACTIONS_CACHE_URL .
cat <<-EOF > compose.yaml
	services:
	  app:
	    build:
	      cache_to: ["type=gha,version=1"]
	  dind: { image: docker:25-dind }
EOF
