# The service and its command line in one image: `docker build -t phi-api .`
# What it is started with, and how, stands in docs/operations.md ("The image").

# What runs, without what Node never loads.
FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY docker/prune-modules.mjs docker/
COPY apps/unbundled.mjs apps/
RUN npm ci --omit=dev && node docker/prune-modules.mjs node_modules

# Development dependencies are here and nowhere else.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY nest-cli.json tsconfig.json ./
COPY compliance compliance
COPY libs libs
COPY apps apps
RUN npm run build && find dist/bin -name '*.map' -delete

FROM node:24-bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="Healthcare Security Platform" \
      org.opencontainers.image.description="System of record for patient data: encrypted under each patient's own key, screened, audited." \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.licenses="MIT"
# Nobody installs anything in a running container.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
WORKDIR /app
# All of it belongs to root: the user that runs it cannot change it.
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist/bin dist/bin
COPY package.json openapi.json LICENSE ./
COPY apps/phi-api/bin apps/phi-api/bin
COPY apps/phi-cli/bin apps/phi-cli/bin
COPY apps/phi-recovery/bin apps/phi-recovery/bin
# Where a volume can be mounted for the one user: a development issuer's key, or the embedded platform's data.
RUN install -d -o 1000 -g 1000 -m 0700 /var/lib/phi \
 && ln -s /app/apps/phi-cli/bin/phi.mjs /usr/local/bin/phi \
 && ln -s /app/apps/phi-recovery/bin/phi-recovery.mjs /usr/local/bin/phi-recovery \
 && ln -s /app/apps/phi-api/bin/phi-healthy.mjs /usr/local/bin/phi-healthy
# The embedded platform refuses to start with it, so that a container without configuration never keeps patients in its own file system.
ENV NODE_ENV=production
# The user `node`, as a number: orchestrators that forbid root look at that.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["phi-healthy"]
# No shell between the orchestrator's SIGTERM and the service, which drains and stops on it.
ENTRYPOINT []
CMD ["node", "dist/bin/phi-api.mjs"]
