FROM rust:1
ARG ACTIONS_CACHE_URL
ARG ACTIONS_RUNTIME_TOKEN
RUN --mount=type=secret,id=ACTIONS_CACHE_URL,env=ACTIONS_CACHE_URL SCCACHE_GHA_ENABLED=on cargo build
RUN curl -fL https://github.com/mozilla/sccache/releases/download/v0.7.7/sccache-v0.7.7-x86_64-unknown-linux-musl.tar.gz | tar xz
