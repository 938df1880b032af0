#!/bin/sh
# Builds BearSSL for musl, for `make static`, or for MinGW, for `make windows`:
# FOLDER/libbearssl.a and FOLDER/inc, from Debian's source package; nothing of
# it is kept in this repository. Exits with 1, after saying why, where that
# cannot be had.
# usage: bearssl_musl.sh FOLDER [mingw]
case ${2:-musl} in
  musl) CC="musl-gcc -fno-pie -DBR_USE_URANDOM=1 -DBR_USE_UNIX_TIME=1" AR=ar ;;
  mingw) CC="x86_64-w64-mingw32-gcc -DBR_USE_WIN32_RAND=1 -DBR_USE_WIN32_TIME=1"
         AR=x86_64-w64-mingw32-ar ;;
esac
export CC
mkdir -p "$1" && cd "$1" || exit 1
[ -f libbearssl.a ] && exit 0
dir=$PWD

fail() {
  echo "bearssl_musl.sh: $1" >&2
  tail -n 5 log >&2
  exit 1
}

# The machine's own package sources, turned into source packages, privately.
fetch() {
  command -v apt-get >/dev/null && command -v dpkg-source >/dev/null || return 1
  rm -rf lists parts
  mkdir -p lists/partial parts || return 1
  for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$f" ] && sed -n 's/^deb /deb-src /p' "$f" >>parts/own.list
  done
  for f in /etc/apt/sources.list.d/*.sources; do
    [ -f "$f" ] &&
      sed 's/^Types:.*/Types: deb-src/' "$f" >parts/"$(basename "$f")"
  done
  options="-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$dir/parts
    -o Dir::State::lists=$dir/lists -o APT::Sandbox::User=root"
  apt-get -qq $options update
  apt-get -qq $options source bearssl
}

# The client's half; the linker takes of it what amt uses.
compile() {
  rm -rf objects
  mkdir objects || return 1
  find source/src -name '*.c' | grep -vE 'ssl_server|ssl_scert' |
    xargs -P "$(nproc)" -I FILE sh -c '
      $CC -Os -ffunction-sections -fdata-sections \
        -fno-asynchronous-unwind-tables -Isource/src -Isource/inc -c \
        FILE -o objects/$(basename FILE .c).o' || return 1
  $AR rcs libbearssl.new objects/*.o
}

: >log
if [ ! -d source ]; then
  fetch >log 2>&1 || fail "BearSSL's source package cannot be fetched"
  mv bearssl-*/ source || fail "the source package is not as expected"
fi
compile >log 2>&1 || fail "BearSSL cannot be compiled for ${2:-musl}"
rm -rf inc lists parts objects
cp -r source/inc inc && mv libbearssl.new libbearssl.a
