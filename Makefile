# make help tells all targets. The headers and examples need a C compiler and
# nothing else; demo and test install what they need, or say what is missing.

CC      ?= cc
CFLAGS  ?= -O2 -g
STRICT   = -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -pedantic \
           -Wstrict-prototypes -Wcast-qual
HEADERS  = amt.h amt_http.h
EXAMPLES = minimal replay superloop http_get json_tokens amt
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

SIM_LIBS  = -lmicrohttpd -ljansson -lsqlite3
SIM_DEBS  = libmicrohttpd-dev libjansson-dev libsqlite3-dev
TEST_DEBS = $(SIM_DEBS) libcmocka-dev clang g++ libclang-rt-14-dev valgrind \
            python3 sqlite3 curl dpkg-dev pkg-config musl-tools mandoc

# make install: a prefix of its own, and DESTDIR for packagers.
PREFIX  = /usr/local
DESTDIR =
VERSION = $(shell sed -n 's/^.define AMT_VERSION_[MP][A-Z]* *//p' amt.h | \
            paste -sd. -)
INSTALL_TO = $(DESTDIR)$(PREFIX)
INSTALLED  = include/amt.h include/amt_http.h bin/amt share/man/man1/amt.1 \
             share/bash-completion/completions/amt share/pkgconfig/amt.pc

all: $(EXAMPLES) ## the examples, into build/

$(EXAMPLES): %: build/% ## each also by its name: make amt, make http_get, ...

build/%: examples/%.c $(HEADERS) | build
	$(CC) -std=c99 $(STRICT) $(CFLAGS) -I. $< -o $@ $(LDFLAGS)

amtsim: build/amtsim ## the simulated AMT Batch Server (libmicrohttpd, ...)

build/amtsim: tests/amtsim.c $(HEADERS) | build
	@$(MAKE) --no-print-directory packages DEBS="$(SIM_DEBS)"
	$(CC) -std=c99 -Wall -Wextra $(CFLAGS) $< -o $@ $(LDFLAGS) $(SIM_LIBS)

build:
	mkdir -p $@

SMALL = -Os -static -s -no-pie -fno-pie -DAMT_STATIC -ffunction-sections \
        -fdata-sections -fno-asynchronous-unwind-tables \
        -Wl,--gc-sections,-z,noseparate-code,-z,norelro,--build-id=none

static: build/amt-static ## the tool without libraries (musl); prints its size
	@printf '%s: %s bytes, static, without TLS\n' $< $$(wc -c <$<)

build/amt-static: examples/amt.c $(HEADERS) | build
	@$(MAKE) --no-print-directory packages DEBS=musl-tools
	musl-gcc -std=c99 $(STRICT) $(SMALL) -I. $< -o $@

install: build/amt ## headers, tool, manual, completion, amt.pc (PREFIX, DESTDIR)
	install -d $(addprefix $(INSTALL_TO)/,$(sort $(dir $(INSTALLED))))
	install -m 644 $(HEADERS) $(INSTALL_TO)/include
	install build/amt $(INSTALL_TO)/bin
	install -m 644 extras/amt.1 $(INSTALL_TO)/share/man/man1
	install -m 644 extras/amt.bash \
	  $(INSTALL_TO)/share/bash-completion/completions/amt
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	  extras/amt.pc.in >$(INSTALL_TO)/share/pkgconfig/amt.pc
	chmod 644 $(INSTALL_TO)/share/pkgconfig/amt.pc

uninstall: ## removes what install put there
	rm -f $(addprefix $(INSTALL_TO)/,$(INSTALLED))

demo: build/amt build/amtsim ## a job run to DONE and another killed, in 10 s
	@sh tests/demo.sh build/amt build/amtsim

test: ## everything there is to test; prints "N passed, N failed"
	@$(MAKE) --no-print-directory packages DEBS="$(TEST_DEBS)"
	@$(MAKE) --no-print-directory all amtsim
	@CC="$(CC)" sh tests/run.sh

# Installs what is missing of $(DEBS), where that can be done; says so.
packages:
	@missing=""; \
	if command -v dpkg-query >/dev/null 2>&1; then \
	  for p in $(DEBS); do \
	    dpkg-query -W -f '$${Status}' $$p 2>/dev/null | \
	      grep -q 'ok installed' || missing="$$missing $$p"; \
	  done; \
	  [ -z "$$missing" ] && exit 0; \
	  if [ "$$(id -u)" = 0 ]; then sudo=; \
	  elif command -v sudo >/dev/null 2>&1; then sudo=sudo; \
	  else echo "These packages are needed:$$missing" >&2; \
	    echo "Install them as root: apt-get install$$missing" >&2; exit 1; fi; \
	  echo "Installing:$$missing"; \
	  { $$sudo apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
	    $$sudo apt-get -qq -y install --no-install-recommends $$missing \
	    >/dev/null; } || \
	    { echo "Could not install:$$missing" >&2; exit 1; }; \
	else \
	  echo "This is no Debian-like system. Please install what these Debian" >&2; \
	  echo "packages hold, then type \"make SKIP_PACKAGES=1 ...\":" >&2; \
	  echo "  $(DEBS)" >&2; [ -n "$(SKIP_PACKAGES)" ]; \
	fi

clean: ## removes build/
	rm -rf build

help: ## this list
	@grep -hE '^[a-z$$()A-Z_]+:.*##' Makefile | sed -e 's/\$$(EXAMPLES)/NAME/' \
	  -e 's/:.*## /	/' | awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

.PHONY: all $(EXAMPLES) amtsim static install uninstall demo test packages \
        clean help
