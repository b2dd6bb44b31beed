#!/bin/bash
# usage: run.sh GOBPF_LSP_BINARY
#
# The extension in a real VS Code, in a real browser: packages it, installs the .vsix into a fresh profile of code-server
# on loopback, and lets driver.mjs use it as a person would. Exit: 0 passed, 77 something to test with is missing (it
# says what), anything else failed. $GOBPF_CODE_SERVER is where install.sh put code-server
# (default ~/.cache/gobpf-code-server); with $GOBPF_E2E_SHOTS a picture of each failure is kept in that folder.
set -uo pipefail

binary=${1:?usage: run.sh GOBPF_LSP_BINARY}
here=$(cd "$(dirname "$0")" && pwd)
extension=$(dirname "$here")
code_server=${GOBPF_CODE_SERVER:-$HOME/.cache/gobpf-code-server}
entry=$code_server/node_modules/code-server/out/node/entry.js

missing() { echo "missing: $1"; exit 77; }
command -v node > /dev/null || missing "node (20 or newer)"
[ -f "$entry" ] || missing "code-server in $code_server (editors/vscode/e2e/install.sh DIR, and GOBPF_CODE_SERVER=DIR)"
chromium=${GOBPF_CHROMIUM:-$(command -v chromium || command -v chromium-browser)} || missing "chromium"
[ -d "$extension/node_modules/playwright-core" ] || missing "node modules (npm ci in editors/vscode)"
[ -x "$binary" ] || { echo "run.sh: $binary is not an executable file" >&2; exit 2; }
binary=$(readlink -f "$binary")

work=$(mktemp -d)
server=
stop() {
  # code-server runs in a session of its own; its id is the group's.
  [ -z "$server" ] || kill -- "-$server" 2> /dev/null
  rm -rf "$work" 2> /dev/null || { sleep 1; rm -rf "$work"; }
}
trap stop EXIT
trap 'exit 1' INT TERM

(cd "$extension" && node_modules/.bin/vsce package --no-dependencies --out "$work/gobpf.vsix") > "$work/package.log" 2>&1 ||
  { cat "$work/package.log"; echo "FAILED: the extension does not package"; exit 1; }
echo "ok: packaged"

# A fresh profile, and the binary on the PATH under the name that the extension looks for.
export HOME=$work/home XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache
mkdir -p "$HOME" "$work/bin" "$work/profile/User"
ln -s "$binary" "$work/bin/gobpf-lsp"
cp "$here/settings.json" "$work/profile/User/settings.json"
code=(node "$entry" --user-data-dir "$work/profile" --extensions-dir "$work/extensions" --config "$work/config.yaml")
"${code[@]}" --install-extension "$work/gobpf.vsix" > "$work/install.log" 2>&1 ||
  { cat "$work/install.log"; echo "FAILED: the .vsix does not install"; exit 1; }
echo "ok: installed"

# VSCODE_CLI: take this environment, not that of a login shell.
PATH=$work/bin:$PATH VSCODE_CLI=1 setsid "${code[@]}" --bind-addr 127.0.0.1:0 --auth none --disable-telemetry \
  --disable-update-check --disable-workspace-trust --disable-getting-started-override > "$work/server.log" 2>&1 &
server=$!
url=
for _ in $(seq 150); do
  url=$(sed -n 's|.*HTTP server listening on \(http://[0-9.:]*\).*|\1|p' "$work/server.log")
  [ -z "$url" ] || break
  sleep 0.1
done
[ -n "$url" ] || { cat "$work/server.log"; echo "FAILED: code-server does not start"; exit 1; }

timeout 90 node "$here/driver.mjs" "$url" "$work" "$chromium" "$binary"
code=$?
[ $code -ne 124 ] || echo "FAILED: not done after 90 s"
exit $code
