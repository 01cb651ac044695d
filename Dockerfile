# syntax=docker/dockerfile:1
#
# docker build -t manifold .
# docker run --rm --network host manifold
#
# With --network host, media is received on the host's own addresses. Without it, publish the ports and say
# which address clients reach the host at:
#
# docker run --rm -p 8080:8080 -p 40000:40000/udp \
#   -e MANIFOLD_MEDIA_ANNOUNCED_ADDRESSES=192.0.2.10 manifold

FROM node:20-bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends build-essential python3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# What npm ci needs, so that a change of the sources does not install everything anew.
COPY package.json package-lock.json binding.gyp ./
COPY native native
COPY scripts/build-native.mjs scripts/
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/config.sample.toml ./
COPY --from=build /app/build/Release/manifold.node build/Release/
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 8080/tcp 8443/tcp 40000/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MANIFOLD_HTTP_PORT || process.env.HTTP_PORT || process.env.PORT || 8080}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Flags go behind the image's name: docker run … manifold --logging-level debug
ENTRYPOINT ["node", "--max-semi-space-size=2", "dist/cli.js"]
