FROM alpine:3
ENV DOCKER_BUILDX_VERSION=0.18.0
RUN url="https://github.com/docker/buildx/releases/download/v${DOCKER_BUILDX_VERSION}/buildx-v${DOCKER_BUILDX_VERSION}.linux-amd64"; \
    sha256='0123456789abcdef'; \
    wget -O b "$url" && echo "$sha256 *b" | sha256sum -c -
COPY --from=docker/buildx-bin@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef /buildx /b
