# One image for every part: `cardume index`, `cardume share …`, `cardume search …`.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY proto/package.json proto/
COPY clients/cli/package.json clients/cli/
COPY clients/typescript/package.json clients/typescript/
COPY services/index/package.json services/index/
COPY services/kit/package.json services/kit/
COPY services/peer/package.json services/peer/
# What runs needs neither the root's tools nor any install script.
RUN npm ci --omit=dev --ignore-scripts --loglevel=error && npm cache clean --force

FROM node:24-bookworm-slim
# Copied as it is: npm's links from node_modules to the packages stay, so Node runs the sources without a build.
COPY --from=dependencies /app /app
COPY proto/cardume /app/proto/cardume
COPY proto/gen /app/proto/gen
COPY clients/typescript/src /app/clients/typescript/src
COPY clients/cli/src /app/clients/cli/src
COPY services/kit/src /app/services/kit/src
COPY services/index/src /app/services/index/src
COPY services/peer/src /app/services/peer/src
# A named volume over one of these folders takes its owner from it.
RUN ln -s /app/clients/cli/src/cardume.js /usr/local/bin/cardume \
  && install -d -o node -g node /state /downloads /invite
# What the command remembers from run to run, such as keys and certificates, is in the volume as well.
ENV XDG_STATE_HOME=/state
USER node
WORKDIR /downloads
ENTRYPOINT ["node", "/app/clients/cli/src/cardume.js"]
CMD ["--help"]
