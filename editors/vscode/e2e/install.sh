#!/bin/bash
# usage: install.sh DIR [VERSION]
#
# Puts code-server, which carries VS Code's workbench and extension host, into DIR. It comes from npm alone; its own
# install script, which downloads from elsewhere, is not run. Needs node 20, gcc, make, python3, ripgrep; the test itself
# needs chromium and a font as well (Debian: chromium, fonts-dejavu-core).
set -euo pipefail

dir=${1:?usage: install.sh DIR [VERSION]}
version=${2:-4.100.3} # the last line that runs on node 20

for tool in node npm gcc make python3 rg; do
  command -v "$tool" > /dev/null || { echo "install.sh: $tool is missing" >&2; exit 1; }
done
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# The headers for native modules: those beside node, so that node-gyp does not have to download them.
prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
if [ -f "$prefix/include/node/node.h" ]; then export npm_config_nodedir=$prefix; fi

quiet=(--ignore-scripts --no-audit --no-fund --loglevel=error)
cd "$dir"
[ -f package.json ] || echo '{"private":true}' > package.json
npm install "code-server@$version" "${quiet[@]}"
npm rebuild argon2 --loglevel=error

code=$dir/node_modules/code-server/lib/vscode
cd "$code"
npm install --omit=dev "${quiet[@]}"
for module in @vscode/spdlog native-watchdog @vscode/native-watchdog @vscode/sqlite3 node-pty; do
  [ -d "node_modules/$module" ] || continue
  # node-pty's post-install step may fail after pty.node is built; what counts is whether it loads.
  npm rebuild "$module" --loglevel=silent > /dev/null 2>&1 || echo "note: npm rebuild $module failed"
done
for module in @vscode/spdlog node-pty; do node -e "require('$module')"; done
(cd extensions && npm install --omit=dev "${quiet[@]}")

ln -sfn node_modules node_modules.asar
mkdir -p node_modules/@vscode/ripgrep/bin
ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
ln -sf code-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh

echo "installed: $(HOME=$dir/home XDG_CONFIG_HOME=$dir/home node "$dir/node_modules/code-server/out/node/entry.js" --version | tail -1)"
