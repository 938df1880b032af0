#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# Under qemu's user emulation, SO_ERROR is the host's number. A program for MIPS
# that waits for connect() with poll() and then reads SO_ERROR, as clients do
# that never block, gets 111 where its own ECONNREFUSED is 146. In the errno of
# a connect() that blocks, the same refusal is translated. So a program that
# compares with ECONNREFUSED is right on a MIPS and wrong under qemu, and a test
# that fails there says nothing of the program. It is so for each target whose
# numbers are not the host's (MIPS, SPARC, Alpha).
#
# Guessed before: every error number is translated, as errno itself is.
# Seen with qemu-user-static 1:7.2+dfsg-7+deb12u18+b3 and gcc-12-mips-linux-gnu
# 12.2.0-14cross5 (Debian 12 for amd64). Needs apt-get and dpkg; installs into a
# folder of its own, and speaks on loopback only.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq download qemu-user-static=1:7.2+dfsg-7+deb12u18+b3 \
  gcc-12-mips-linux-gnu=12.2.0-14cross5 cpp-12-mips-linux-gnu=12.2.0-14cross5 \
  libgcc-12-dev-mips-cross=12.2.0-14cross5 libc6-dev-mips-cross=2.36-8cross2 \
  linux-libc-dev-mips-cross=6.1.8-1cross2 \
  binutils-mips-linux-gnu=2.40-2cross2 \
  binutils-common libisl23 libmpc3 libmpfr6 >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
cat >ask.c <<'END'
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
  struct sockaddr_in to = {0};
  struct pollfd wait = {0};
  socklen_t size = sizeof to, one = sizeof(int);
  int nobody = socket(AF_INET, SOCK_STREAM, 0), error = 0, blocks, s;
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(nobody, (struct sockaddr *)&to, sizeof to); /* it does not listen */
  getsockname(nobody, (struct sockaddr *)&to, &size);
  s = socket(AF_INET, SOCK_STREAM, 0);
  connect(s, (struct sockaddr *)&to, size);
  blocks = errno;
  wait.fd = s = socket(AF_INET, SOCK_STREAM, 0);
  wait.events = POLLOUT;
  fcntl(s, F_SETFL, O_NONBLOCK);
  connect(s, (struct sockaddr *)&to, size);
  poll(&wait, 1, 5000);
  getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &one);
  printf("ECONNREFUSED is %d, connect() says %d, SO_ERROR %d\n",
         ECONNREFUSED, blocks, error);
  return 0;
}
END
PATH=$folder/root/usr/bin:$PATH \
LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu \
  mips-linux-gnu-gcc-12 -static -L"$folder/root/usr/mips-linux-gnu/lib" \
  -isystem "$folder/root/usr/mips-linux-gnu/include" ask.c -o ask
seen=$(root/usr/bin/qemu-mips-static ./ask)
echo "under qemu-mips: $seen"
[ "$seen" = "ECONNREFUSED is 146, connect() says 146, SO_ERROR 111" ]
