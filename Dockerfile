# The service as an image, built with `docker build -t latchkey .`. See docs/deploying.md for how to run it.
# The tag moves with every release of Node 24 and of Debian. To build the same image again, put the digest that
# `docker buildx imagetools inspect node:24-bookworm-slim` prints behind it: node:24-bookworm-slim@sha256:...

FROM node:24-bookworm-slim AS build
# For better-sqlite3, where there is no prebuilt binary.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# A dependency of Swagger UI counts installations otherwise.
ENV SCARF_ANALYTICS=false
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
RUN npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY bin bin
# A volume begins with the owner of what it covers. It is not declared as one: a container with a read-only root file
# system and without a volume refuses to start, and does not lose its secret when it is removed.
RUN install -d -m 0700 -o node -g node /data
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
# Whether the process answers; not whether its store does, for another container would have the same store.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell or npm in between, so that SIGTERM arrives.
CMD ["node", "dist/main.js"]
