# syntax=docker/dockerfile:1
# FROM docker/buildx-bin:v0.9.0
ARG BUILDX_VERSION=0.12.1
ARG KIT="v0.13.2"
ARG DOCKER_VERSION=24
FROM docker/buildx-bin:${BUILDX_VERSION} AS buildx
FROM --platform=$BUILDPLATFORM moby/buildkit:${KIT}-rootless AS kit
FROM docker:${DOCKER_VERSION}-cli AS cli
FROM ghcr.io/actions/actions-runner:2.311.0
COPY --from=docker/buildx-bin:v0.11 /buildx /usr/libexec/docker/cli-plugins/docker-buildx
COPY --from=docker/buildx-bin:latest /buildx /b
COPY --from=mirror.gcr.io/docker/buildx-bin:0.10.2 /buildx /b
ARG COMPOSE=2.21.0
RUN curl -fL https://github.com/docker/compose/releases/download/v${COMPOSE}/docker-compose-linux-x86_64 -o /c \
 && curl -fL https://github.com/docker/buildx/releases/download/v0.14.0/buildx-v0.14.0.linux-amd64 -o /b
