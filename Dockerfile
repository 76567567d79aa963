# syntax=docker/dockerfile:1
# The server in a container: see docs/service.md.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release -p tailwater \
    && cp target/release/tailwater /usr/local/bin/tailwater

# Node runs functions, and asks the server for its health.
FROM node:22-bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tailwater \
    && install --directory --owner=tailwater --group=tailwater --mode=0700 /data
COPY --from=build /usr/local/bin/tailwater /usr/local/bin/tailwater

USER 10001
VOLUME /data
EXPOSE 4566
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:4566/_tailwater/health').then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["tailwater"]
# What comes from outside of the container comes from another machine, so it must be signed with a key of this file.
CMD ["serve", "--data-dir", "/data", "--host", "0.0.0.0", "--plain-http", "--auth", "/run/secrets/tailwater-keys"]
