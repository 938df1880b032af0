#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# The README's section "Try it", line by line, on a machine that has nothing: a
# minimal Debian 12 in build/bare/root, with a clone of what is committed here.
# So each program that a target runs must be in a package that it installs.
# Where such a root cannot be had, it says why, and runs make test right here.
# usage: bare.sh (make bare, .ci/run)
#        bare.sh LINE...   runs these there, in place of make demo and make test
#
# All mounts are in a namespace that ends with its processes, and these end with
# this script: where the root is removed, nothing is mounted. Packages that were
# downloaded are kept for the next run, if possible: in ~/.cache/amt-bare, or
# under XDG_CACHE_HOME.
cd "$(dirname "$0")/.." || exit 1
bare=$PWD/build/bare
root=$bare/root
log=$bare/log
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/amt-bare
mkdir -p "$bare" || exit 1
. tests/report.sh

here() {
  echo "bare: $1: make test runs in this checkout, not in a bare root"
  exec make test
}

# The machine's own mirror of Debian 12, as apt knows it.
mirror() {
  apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' \
    'Created-By: Packages' 2>/dev/null |
    sed -n 's/^bookworm \([a-z].*\)/\1/p' | head -n 1
}

# Says why no root can be made; nothing if one can.
obstacle() {
  [ "$(id -u)" = 0 ] || { echo "not root"; return; }
  grep -qx 'VERSION_CODENAME=bookworm' /etc/os-release 2>/dev/null ||
    { echo "this is no Debian 12"; return; }
  git rev-parse -q --verify HEAD >/dev/null 2>&1 ||
    { echo "no commit to clone"; return; }
  unshare --mount --pid --fork --mount-proc --kill-child \
    mount -t tmpfs tmpfs /mnt >/dev/null 2>&1 ||
    { echo "nothing can be mounted"; return; }
  sh tests/packages.sh debootstrap >&2
  have debootstrap || { echo "no debootstrap"; return; }
  [ -n "$(mirror)" ] || echo "apt knows no mirror"
}

# --- outside -----------------------------------------------------------------
inside=
clean() {
  trap '' HUP INT TERM
  [ -z "$inside" ] || kill -KILL $inside 2>/dev/null
  wait 2>/dev/null
  tries=0 # some processes may still be ending
  until rm -rf --one-file-system "$root" 2>/dev/null || [ $tries -ge 30 ]; do
    sleep 1
    tries=$((tries + 1))
  done
}

outside() {
  exec 9>"$bare/lock"
  flock -n 9 || { echo "bare: another one runs here" >&2; exit 1; }
  why=$(obstacle)
  [ -z "$why" ] || here "$why"
  trap clean EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  rm -rf --one-file-system "$root" # left by a run that was killed by force
  setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork \
    --mount-proc --kill-child sh tests/bare.sh inside "$(mirror)" "$@" &
  inside=$!
  wait $inside
  status=$?
  inside=
  clean
  [ $status -ne 77 ] || here "$(tail -n 1 "$bare/why")"
  exit $status
}

# --- inside ------------------------------------------------------------------

# share FROM TO: copies the Debian packages that TO does not have yet.
share() {
  for deb in "$1"/*.deb; do
    [ ! -f "$deb" ] || [ -f "$2/${deb##*/}" ] ||
      { cp "$deb" "$2/new.$$" && mv "$2/new.$$" "$2/${deb##*/}"; }
  done
}

archives=$root/var/cache/apt/archives

# Keeps what this run needed, and no more.
keep() {
  share "$archives" "$cache"
  for deb in "$cache"/*.deb; do
    [ -f "$archives/${deb##*/}" ] || rm -f "$deb"
  done
}

# How this machine reaches its mirror: sources, keys, proxies, certificates.
configure_apt() {
  rm -f "$root"/etc/apt/sources.list
  for file in sources.list sources.list.d trusted.gpg trusted.gpg.d keyrings \
              auth.conf auth.conf.d; do
    [ ! -e /etc/apt/$file ] || cp -rL /etc/apt/$file "$root/etc/apt"
  done
  { apt-config dump | grep -iE '^Acquire::(http|https|Check-|Retries)'
    [ -z "$http_proxy" ] || echo "Acquire::http::Proxy \"$http_proxy\";"
    [ -z "$https_proxy" ] || echo "Acquire::https::Proxy \"$https_proxy\";"
  } >"$root/etc/apt/apt.conf.d/90machine"
  # Keys and certificates that these name; the system's own for https.
  for file in $(cd "$root/etc/apt" && grep -rhoiE \
                  '(signed-by[=:]|CAInfo|SslCert|SslKey) *"?/[^] ";]*' . |
                grep -o '/.*') \
              $(grep -rlq https: "$root/etc/apt/sources.list"* &&
                echo /etc/ssl/certs/ca-certificates.crt); do
    [ ! -f "$file" ] || [ -f "$root$file" ] ||
      { mkdir -p "$root${file%/*}" && cp "$file" "$root$file"; }
  done
}

make_root() {
  mkdir -p "$cache/base" 2>/dev/null && [ -w "$cache" ] || cache=
  # What is thrown away need not outlive a power cut.
  mkdir -p "$root/etc/dpkg/dpkg.cfg.d" || return 1
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/thrown-away"
  debootstrap --variant=minbase ${cache:+--cache-dir="$cache/base"} bookworm \
    "$root" "$1" || return 1
  configure_apt || return 1
  [ -z "$cache" ] || share "$cache" "$archives"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  # What every installer writes.
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
  git clone -q --no-hardlinks . "$root/amt.h" || return 1
  # A mount point of its own, so that what is inside can make namespaces.
  mount --bind "$root" "$root" && mount -t proc proc "$root/proc" &&
    mount -t sysfs -o nosuid,nodev,noexec sysfs "$root/sys" &&
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts" &&
    mount -t tmpfs tmpfs "$root/dev/shm" &&
    { mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup" 2>/dev/null || :; } &&
    { [ ! -c /dev/net/tun ] ||
      { mkdir -p "$root/dev/net" && mknod "$root/dev/net/tun" c 10 200; }; }
}

# typed LINE: runs it in the root as someone would type it there.
typed() {
  env -i HOME=/root TERM="${TERM:-dumb}" CI="$CI" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$root" sh -c "cd /amt.h && $1" </dev/null 9>&-
}

# The lines of the section's first block, without their comments.
readme_lines() {
  sed -n '/^## Try it/,$p' README.md | awk '/^```/ { n++; next } n == 1' |
    sed 's/ *#.*//'
}

closing='^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$'

# make test counts its checks itself: adds its closing line to our counts.
make_test() {
  { typed "$1"; echo $? >"$bare/status"; } 2>&1 | tee "$bare/test" |
    grep --line-buffered -vE "$closing"
  read -r good _ bad _ without _ <<END
$(grep -E "$closing" "$bare/test" | tail -n 1)
END
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0}))
  skipped=$((skipped + ${without:-0}))
  if [ -z "$good" ] || { [ "${bad:-0}" -eq 0 ] &&
                         [ "$(cat "$bare/status")" != 0 ]; }; then
    tail -n 20 "$bare/test" >"$log"
    fail "$1 comes to its end"
  fi
}

# Tells of programs of the root that still run, and of its policy-rc.d.
leftovers() {
  for process in /proc/[0-9]*; do
    case $(readlink "$process/root") in
    "$root"*) tr '\0' ' ' <"$process/cmdline"; echo "is left" ;;
    esac
  done
  [ ! -e "$root/usr/sbin/policy-rc.d" ] || echo "policy-rc.d is left"
}

seconds() { echo "$(($(date +%s) - began)) s"; }

inside() {
  began=$(date +%s)
  make_root "$1" >"$log" 2>&1 ||
    { echo "no root was made: $(tail -n 1 "$log")" >"$bare/why"; exit 77; }
  echo "bare: a root of Debian 12 with $(git rev-parse --short HEAD) after" \
    "$(seconds)"
  [ -z "$(git status --porcelain)" ] ||
    echo "bare: what is not committed here is not in it"
  readme_lines >"$bare/lines"
  shift
  if [ $# -gt 0 ]; then
    install=$(head -n 1 "$bare/lines")
    printf '%s\n' "$install" "$@" >"$bare/lines"
  fi
  while read -r line; do
    case $line in
    "make test") make_test "$line" ;;
    *) if typed "$line" >"$log" 2>&1; then ok "$line"; else fail "$line"; fi ;;
    esac
    [ $# -eq 0 ] || tail -n 40 "$log"
    echo "bare: $line: $(seconds)"
  done <"$bare/lines"
  leftovers >"$log"
  name="no process is left, nor a policy-rc.d"
  if [ -s "$log" ]; then fail "$name"; else ok "$name"; fi
  [ $# -gt 0 ] || check "the README's lines are an installation and two commands" \
    sh -c 'cut -d" " -f1-2 "$0" | tr "\n" , | tee /dev/stderr |
      grep -qx "apt-get update,make demo,make test,"' "$bare/lines"
  [ -z "$cache" ] || [ $failed -ne 0 ] || keep
  total
}

case $1 in
inside) shift; inside "$@"; exit ;;
*) outside "$@" ;;
esac
