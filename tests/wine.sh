#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Runs a command with AMT set to a program that is build/amt.exe under Wine, in
# a prefix of its own. Exits with 77, after saying why, where there is no Wine.
# usage: wine.sh FOLDER COMMAND...
wine=$(command -v wine64 || ls /usr/lib/wine/wine64 /usr/lib/*/wine/wine64 \
       2>/dev/null | head -n 1)
[ -n "$wine" ] || { echo "wine.sh: no wine64 (package wine64)" >&2; exit 77; }
mkdir -p "$1/prefix" && dir=$(cd "$1" && pwd) || exit 1
shift
export WINEPREFIX="$dir/prefix" WINEDEBUG=-all LC_ALL=C.UTF-8

cp build/amt.exe "$dir/amt.exe" || exit 1
cat >"$dir/amt" <<EOF
#!/bin/sh
export WINEPREFIX='$WINEPREFIX' WINEDEBUG=-all LC_ALL=C.UTF-8
exec '$wine' "\${0%/*}/amt.exe" "\$@"
EOF
chmod 755 "$dir/amt"

# One server for all runs: it starts slowly. Nothing else of Wine's is needed.
server=${wine%/*}/wineserver
[ -x "$server" ] || server=wineserver
trap '"$server" -k' EXIT
trap 'exit 1' INT TERM
WINEDLLOVERRIDES="mscoree,mshtml=" "$server" -p &&
  "$dir/amt" --version >/dev/null || { echo "wine.sh: Wine fails" >&2; exit 1; }
AMT_WINE=$wine AMT=$dir/amt AMT_PLAIN=$dir/amt "$@"
