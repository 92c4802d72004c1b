# One image; the role is a flag. Built in two stages so that compilers and the dashboard's sources stay out of it.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile \
 && node scripts/build.mjs \
 && npx --yes pnpm@12.21.0 --filter @lockstep/server deploy --prod --legacy /app/server \
 && cp -r apps/web/dist /app/web \
 && npx --yes pnpm@12.21.0 --filter @lockstep/sandbox deploy --prod --legacy /app/sandbox

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends git openssh-client ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app .
ENV NODE_ENV=production
RUN mkdir -p /var/lib/lockstep /data /etc/lockstep/cluster && chown 1000:1000 /var/lib/lockstep /data /etc/lockstep/cluster
USER 1000:1000
EXPOSE 8080 8082
ENTRYPOINT ["node", "--enable-source-maps", "server/dist/main.js"]
CMD ["serve", "--roles=api,controller,renderer"]
