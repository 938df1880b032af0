#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Installs the named Debian packages that are missing, and says which.
# One that cannot be had is named and passed over: the checks that need it ask
# for it and are left out. Exits with 1 where nothing can be installed, as on
# another system or without root's rights; with SKIP_PACKAGES set it goes on.
# usage: packages.sh PACKAGE... (make packages DEBS="...")
#
# No service that comes with a package is started: maintainer scripts ask
# policy-rc.d, and while this script installs, one that forbids everything is
# there. It is removed when this script ends, in whatever way; a policy of the
# machine's own stays as it is. POLICY_RC_D is another place, for tests.
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
mark="# made by packages.sh of amt.h, which removes it"
patience=600 # seconds to wait for another package manager

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "This is no Debian-like system. Please install what these Debian" >&2
  echo "packages hold, then type \"make SKIP_PACKAGES=1 ...\":" >&2
  echo "  $*" >&2
  [ -n "$SKIP_PACKAGES" ]; exit
fi

# without PACKAGE...: sets $missing to those that are not installed.
without() {
  missing=
  for package; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
      grep -q 'ok installed' || missing="$missing $package"
  done
}

without "$@"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null 2>&1; then exec sudo -- sh "$0" "$@"; fi
  echo "These packages are needed:$missing" >&2
  echo "Install them as root: apt-get install$missing" >&2
  [ -n "$SKIP_PACKAGES" ]; exit
fi

# Removes the policy only if it is ours: it has the mark, and is not a link. No
# signal may end this early, and make sends each one twice.
forget_policy() {
  trap '' HUP INT TERM
  [ -z "$new" ] || rm -f "$new"
  if [ ! -L "$policy" ] && grep -qxF "$mark" "$policy" 2>/dev/null; then
    rm -f "$policy"
  fi
}

# Puts the policy in its place whole, and only if nothing is there: ln follows
# no link. One that a script killed by force has left serves as well; this one
# removes it.
forbid_services() {
  new=$(mktemp "$policy.XXXXXX") || exit 1
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$new" && chmod 755 "$new" &&
    ln -T "$new" "$policy" 2>/dev/null
  rm -f "$new"
}

# apt_get COMMAND...: apt-get itself waits only for dpkg's lock. This waits for
# its other locks, too (lists, archives).
apt_get() {
  waited=0
  until said=$(LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
               -o DPkg::Lock::Timeout=$patience "$@" 2>&1 </dev/null 9<&-); do
    case $said in
    *"Could not get lock"*) [ $waited -lt $patience ] || return 1 ;;
    *) return 1 ;;
    esac
    [ $waited != 0 ] || echo "Waiting for another package manager" >&2
    sleep 1
    waited=$((waited + 1))
  done
}

install_all() { apt_get install --no-install-recommends "$@"; }

# One of these scripts at a time, so that none removes the policy while another
# still installs. The lock is on the folder, and ends with its holder.
new=
exec 9<"$(dirname "$policy")" && flock -w $patience 9 || exit 1
trap forget_policy EXIT
trap 'trap "" HUP INT TERM; exit 129' HUP
trap 'trap "" HUP INT TERM; exit 130' INT
trap 'trap "" HUP INT TERM; exit 143' TERM
without "$@" # another one may have installed some by now
[ -n "$missing" ] || exit 0
echo "Installing:$missing"
forbid_services
apt_get update && updated=1 || updated=
install_all $missing && exit 0
if [ -z "$updated" ]; then # without lists, trying each alone would not help
  echo "Could not install:$missing" >&2
  echo "$said" | grep '^E:' | head -n 2 >&2
  exit 0
fi
for package in $missing; do
  install_all "$package" ||
    echo "Could not install $package:" \
      "$(echo "$said" | grep '^E:' | head -n 1)" >&2
done
exit 0
