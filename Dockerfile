# Sunset's own processes: the API, workers and migrations, one image for all three. The command says which.
# Debian, not Alpine: Temporal's native part needs glibc.
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: PostgreSQL from npm is for newcomers and tests, and nothing else here needs one.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# --omit=optional leaves out PostgreSQL from npm and the compilers' native parts: the workflow bundle is built already. Of the native parts
# of Temporal's SDK, which are all in one package, those of other systems go: 100 MB.
RUN npm ci --omit=dev --omit=optional --ignore-scripts \
  && rm -rf node_modules/@temporalio/core-bridge/releases/*-apple-darwin node_modules/@temporalio/core-bridge/releases/*-windows-*

FROM ${NODE_IMAGE}
# The slim image has no certificates, and a Temporal or a PostgreSQL reached by TLS needs them.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
# The heap has a limit below the container's memory (1 GB is enough): the worker sizes its cache of workflows by it.
ENV NODE_ENV=production \
  NODE_OPTIONS=--max-old-space-size=768
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "dist/cli/health.js"]
CMD ["node", "dist/cli/api.js"]
