# SPDX-License-Identifier: MIT OR Unlicense
# make help tells all targets. The headers and examples need only a C compiler,
# with two exceptions: the tool amt has TLS where BearSSL is, and own_http needs
# libcurl. demo and test install what they need, or say what is missing.

CC      ?= cc
CFLAGS  ?= -O2 -g
STRICT   = -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -pedantic \
           -Wstrict-prototypes -Wcast-qual
HEADERS  = amt.h amt_http.h $(wildcard backends/*.h)
INCLUDE  = -I. -Ibackends
TOOL     = $(wildcard examples/amt/*.c)
TOOL_ALL = $(TOOL) $(wildcard examples/amt/*.h) $(HEADERS)
EXAMPLES = minimal replay superloop two_jobs own_stream trace_stream uart_log \
           resume fleet own_http http_get json_tokens amt
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

# TLS in amt: bearssl if its header is there, else none; or make TLS=none.
ifndef TLS
TLS := $(shell echo '\#include <bearssl.h>' | $(CC) -E - >/dev/null 2>&1 && \
                echo bearssl || echo none)
endif
TLS_FLAGS_bearssl = -DAMT_BEARSSL
TLS_LIBS_bearssl  = -lbearssl

# all leaves out own_http where libcurl's header is missing.
CURL := $(shell echo '\#include <curl/curl.h>' | $(CC) -E - >/dev/null 2>&1 && \
                echo own_http)

# What each target needs besides make, a C compiler with its headers, and what
# Debian calls essential. Packages that are only recommended are not installed.
TLS_DEBS  = libbearssl-dev
CURL_DEBS = libcurl4-openssl-dev
SIM_LIBS  = -lmicrohttpd -ljansson -lsqlite3
SIM_DEBS  = libmicrohttpd-dev libjansson-dev libsqlite3-dev
DEMO_DEBS = $(SIM_DEBS) $(TLS_DEBS) openssl ca-certificates
TEST_DEBS = $(DEMO_DEBS) $(CURL_DEBS) $(FUZZ_DEBS) $(WINDOWS_DEBS) \
            $(STATIC_DEBS) $(SLURM_DEBS) $(ARDUINO_DEBS) gcc g++ \
            libcmocka-dev libmbedtls-dev libssl-dev valgrind python3 sqlite3 curl pkg-config cmake mandoc nginx-light \
            nodejs iproute2 nftables util-linux wine64 liblwip-dev \
            frama-c-base tcc uwsgi-core uwsgi-plugin-python3 python3-yaml

# dpkg-dev unpacks source packages.
WINDOWS_DEBS = gcc-mingw-w64-x86-64-win32 dpkg-dev python3 mandoc
STATIC_DEBS  = musl-tools dpkg-dev
ARM64_DEBS   = gcc-aarch64-linux-gnu libc6-dev-arm64-cross dpkg-dev make
DIST_DEBS    = git python3 $(STATIC_DEBS) $(ARM64_DEBS) $(WINDOWS_DEBS)

BENCH_DEBS = gcc $(TLS_DEBS) libmbedtls-dev openssl valgrind strace python3 \
             $(CURL_DEBS) libcjson-dev libjansson-dev libyajl-dev \
             libjson-c-dev libjsmn-dev libhttp-parser-dev nginx-light \
             libsimdjson-dev g++ debian-archive-keyring gcc-arm-none-eabi \
             libnewlib-arm-none-eabi qemu-system-arm $(SIM_DEBS)
SIZE_DEBS  = gcc gcc-arm-none-eabi libnewlib-arm-none-eabi $(TLS_DEBS) \
             libmbedtls-dev liblwip-dev gcc-avr avr-libc qemu-system-arm python3 \
             gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf \
             gcc-xtensa-lx106 picolibc-xtensa-lx106-elf

FUZZ_DEBS  = clang libclang-rt-14-dev libjansson-dev
ANALYZE_DEBS = gcc clang-tidy cppcheck python3 $(TLS_DEBS) libmbedtls-dev \
             $(CURL_DEBS)
CROSS_DEBS = $(shell sh tests/cross.sh packages)
FIRMWARE_DEBS = $(SIM_DEBS) $(TLS_DEBS) gcc-arm-none-eabi \
             libnewlib-arm-none-eabi qemu-system-arm dpkg-dev openssl python3 \
             gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf \
             qemu-system-misc

KESTREL_DEBS = python3 nginx-light openssl

DEB_DEBS     = dpkg-dev debhelper lintian fakeroot $(TLS_DEBS)
ARDUINO_DEBS = gcc-avr avr-libc arduino-core-avr simavr

# util-linux has unshare and setpriv.
SLURM_DEBS = slurm-wlm munge util-linux python3

COVER_DEBS = gcc libcmocka-dev $(TLS_DEBS) libmbedtls-dev libssl-dev dpkg-dev \
             gcovr clang-19 llvm-19 libclang-rt-19-dev

# make install: PREFIX is where things go, DESTDIR is for packagers; SINGLE=1
# installs the one header of make single in place of all.
PREFIX  = /usr/local
DESTDIR =
VERSION = $(shell sed -n 's/^.define AMT_VERSION_[MP][A-Z]* *//p' amt.h | \
            paste -sd. -)
INSTALL_TO = $(DESTDIR)$(PREFIX)
INSTALLED_HEADERS = $(if $(SINGLE),build/single/amt.h,$(HEADERS))
INSTALLED  = $(addprefix include/,$(notdir $(INSTALLED_HEADERS))) bin/amt \
             share/man/man1/amt.1 share/bash-completion/completions/amt \
             share/fish/vendor_completions.d/amt.fish \
             share/zsh/site-functions/_amt share/pkgconfig/amt.pc \
             share/cmake/amt/amt-config.cmake \
             share/cmake/amt/amt-config-version.cmake

all: $(filter-out own_http,$(EXAMPLES)) $(CURL) ## the examples, into build/

$(EXAMPLES): %: build/% ## each also by its name: make amt, make http_get, ...

build/%: examples/%.c $(HEADERS) | build
	$(CC) -std=c99 $(STRICT) $(CFLAGS) $(INCLUDE) $< -o $@ $(LDFLAGS)

build/amt: $(TOOL_ALL) build/tls-$(TLS)
	$(CC) -std=c99 $(STRICT) $(CFLAGS) $(TLS_FLAGS_$(TLS)) $(INCLUDE) $(TOOL) -o $@ \
	  $(LDFLAGS) $(TLS_LIBS_$(TLS))
	@[ $(TLS) != none ] || \
	  echo "$@ is without TLS; the package libbearssl-dev gives it https"

build/own_http: examples/own_http.c amt.h | build
	@$(MAKE) --no-print-directory packages DEBS="$(CURL_DEBS)"
	$(CC) -std=c99 $(STRICT) $(CFLAGS) $(INCLUDE) $< -o $@ $(LDFLAGS) -lcurl

# Makes build/amt anew when TLS has changed since the last time.
build/tls-%: | build
	@rm -f build/tls-*
	@touch $@

amtsim: build/amtsim ## the simulated AMT Batch Server (libmicrohttpd, ...)

build/amtsim: tests/amtsim.c $(HEADERS) | build
	@$(MAKE) --no-print-directory packages DEBS="$(SIM_DEBS)"
	$(CC) -std=c99 -Wall -Wextra $(CFLAGS) $< -o $@ $(LDFLAGS) $(SIM_LIBS)

build:
	mkdir -p $@

SMALL = -Os -static -s -no-pie -fno-pie -ffunction-sections -fdata-sections \
        -fno-asynchronous-unwind-tables \
        -Wl,--gc-sections,-z,noseparate-code,-z,norelro,--build-id=none

# BearSSL for musl is built from Debian's source package, where that can be had.
static: build/amt-static-plain ## amt without libraries (musl); prints its sizes
	@printf '%s: %s bytes, static, without TLS\n' $< $$(wc -c <$<)
	@if sh tests/bearssl_musl.sh $(MUSL_BEARSSL); then \
	  $(MAKE) --no-print-directory build/amt-static && \
	  printf '%s: %s bytes, static, with TLS\n' build/amt-static \
	    $$(wc -c <build/amt-static); \
	else \
	  cp $< build/amt-static && \
	  echo 'The source of BearSSL cannot be fetched: build/amt-static is the' \
	    'same, without TLS.'; \
	fi

MUSL_BEARSSL = build/bearssl-musl

$(MUSL_BEARSSL)/libbearssl.a:
	@sh tests/bearssl_musl.sh $(MUSL_BEARSSL)

build/amt-static-plain: $(TOOL_ALL) | build
	@$(MAKE) --no-print-directory packages DEBS="$(STATIC_DEBS)"
	musl-gcc -std=c99 $(STRICT) $(SMALL) $(INCLUDE) $(TOOL) -o $@

build/amt-static: $(TOOL_ALL) $(MUSL_BEARSSL)/libbearssl.a
	musl-gcc -std=c99 $(STRICT) $(SMALL) -DAMT_BEARSSL $(INCLUDE) \
	  -isystem $(MUSL_BEARSSL)/inc $(TOOL) -o $@ $(MUSL_BEARSSL)/libbearssl.a

static-arm64: build/amt-static-arm64 ## the same for arm64, with TLS

MUSL_ARM64_DIR = build/musl-arm64
ARM64_BEARSSL  = build/bearssl-arm64
MUSL_ARM64_CC  = $(abspath $(MUSL_ARM64_DIR))/bin/musl-gcc

$(MUSL_ARM64_CC):
	@$(MAKE) --no-print-directory packages DEBS="$(ARM64_DEBS)"
	@sh tests/musl_arm64.sh $(MUSL_ARM64_DIR)

$(ARM64_BEARSSL)/libbearssl.a: $(MUSL_ARM64_CC)
	@MUSL_ARM64=$(MUSL_ARM64_CC) sh tests/bearssl_musl.sh $(ARM64_BEARSSL) arm64

build/amt-static-arm64: $(TOOL_ALL) $(ARM64_BEARSSL)/libbearssl.a
	$(MUSL_ARM64_CC) -std=c99 $(STRICT) $(SMALL) -DAMT_BEARSSL $(INCLUDE) \
	  -isystem $(ARM64_BEARSSL)/inc $(TOOL) -o $@ $(ARM64_BEARSSL)/libbearssl.a

windows: ## amt.exe for Windows (MinGW), one file; prints its size
	@$(MAKE) --no-print-directory packages DEBS="$(WINDOWS_DEBS)"
	@$(MAKE) --no-print-directory build/amt-plain.exe
	@if sh tests/bearssl_musl.sh $(MINGW_BEARSSL) mingw; then \
	  $(MAKE) --no-print-directory build/amt.exe && \
	  printf '%s: %s bytes, with TLS\n' build/amt.exe $$(wc -c <build/amt.exe); \
	else \
	  cp build/amt-plain.exe build/amt.exe && \
	  echo 'The source of BearSSL cannot be fetched: build/amt.exe is without' \
	    'TLS.'; \
	fi

MINGW_BEARSSL = build/bearssl-mingw
MINGW = x86_64-w64-mingw32-gcc -std=c99 $(STRICT) -Os -static -s -municode \
        -flto -flto-partition=none -ffunction-sections \
        -fno-asynchronous-unwind-tables \
        -Wl,--gc-sections,--nxcompat,--dynamicbase,--no-insert-timestamp \
        $(INCLUDE)
MINGW_LIBS = -lcrypt32 -lws2_32 -ladvapi32

$(MINGW_BEARSSL)/libbearssl.a:
	@sh tests/bearssl_musl.sh $(MINGW_BEARSSL) mingw

# The version and the manifest.
build/amt.res.o: extras/amt.rc extras/amt.manifest amt.h | build
	x86_64-w64-mingw32-windres -I extras -DAMT_VERSION=$(VERSION) \
	  $$(sed -n 's/^.define \(AMT_VERSION_[MP][A-Z]*\) */-D\1=/p' amt.h) \
	  $< $@

build/amt-plain.exe: $(TOOL_ALL) build/amt.res.o
	$(MINGW) $(TOOL) build/amt.res.o -o $@ $(MINGW_LIBS)

build/amt.exe: $(TOOL_ALL) build/amt.res.o $(MINGW_BEARSSL)/libbearssl.a
	$(MINGW) -DAMT_BEARSSL -isystem $(MINGW_BEARSSL)/inc $(TOOL) \
	  build/amt.res.o -o $@ $(MINGW_BEARSSL)/libbearssl.a $(MINGW_LIBS)

WINDOWS_ZIP = build/amt-$(VERSION)-windows.zip

windows-zip: windows ## amt.exe, Encrypt.exe, a configuration, in a zip
	@python3 extras/windows_zip.py $(VERSION) build/amt.exe $(WINDOWS_ZIP) \
	  MinGW-w64=/usr/share/doc/mingw-w64-common/copyright \
	  $$(ls $(MINGW_BEARSSL)/sources/bearssl/LICENSE.txt 2>/dev/null | \
	     sed s/^/BearSSL=/)
	@echo $(WINDOWS_ZIP)

# to PATH...: where they are installed, quoted for the shell.
to = $(foreach path,$(1),'$(subst ','\'',$(INSTALL_TO))/$(path)')

single: build/single/amt.h ## one header with everything in it, build/single/amt.h

build/single/amt.h: extras/single.awk $(HEADERS)
	@mkdir -p $(@D)
	awk -f extras/single.awk $(HEADERS) >$@.new
	@mv $@.new $@

dist: ## a release of the last commit: build/dist/amt-VERSION
	@$(MAKE) --no-print-directory packages DEBS="$(DIST_DEBS)"
	@python3 extras/dist.py build/dist

install: build/amt $(INSTALLED_HEADERS) ## headers, tool, manual (PREFIX, DESTDIR, SINGLE=1)
	install -d $(call to,$(sort $(dir $(INSTALLED))))
	install -m 644 $(INSTALLED_HEADERS) $(call to,include)
	install build/amt $(call to,bin)
	install -m 644 extras/amt.1 $(call to,share/man/man1)
	install -m 644 extras/amt.bash \
	  $(call to,share/bash-completion/completions/amt)
	install -m 644 extras/amt.fish \
	  $(call to,share/fish/vendor_completions.d/amt.fish)
	install -m 644 extras/_amt $(call to,share/zsh/site-functions/_amt)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	  extras/amt.pc.in >$(call to,share/pkgconfig/amt.pc)
	chmod 644 $(call to,share/pkgconfig/amt.pc)
	install -m 644 extras/cmake/amt-config.cmake \
	  extras/cmake/amt-config-version.cmake $(call to,share/cmake/amt)

uninstall: ## removes what install put there
	rm -f $(call to,$(INSTALLED))

kits: ## Arduino, ESP-IDF and PlatformIO: folders in build/kits
	@sh extras/pack.sh make build/kits $(HEADERS)

deb: ## Debian packages, checked by lintian: build/deb
	@$(MAKE) --no-print-directory packages DEBS="$(DEB_DEBS)"
	@sh extras/debian.sh build/deb

demo: ## a job to its end, one killed, one over https: 10 seconds
	@$(MAKE) --no-print-directory packages DEBS="$(DEMO_DEBS)"
	@$(MAKE) --no-print-directory build/amt build/amtsim
	@sh tests/demo.sh build/amt build/amtsim

bench: ## ours beside libcurl, cJSON and others: BENCH NAME VALUE
	@$(MAKE) --no-print-directory packages DEBS="$(BENCH_DEBS)"
	@$(MAKE) --no-print-directory build/amtsim
	@CC="$(CC)" sh tests/bench.sh

bench-plot: ## draws what make bench counted: extras/bench.svg
	@[ -s build/bench/results ] || $(MAKE) --no-print-directory bench
	@$(MAKE) --no-print-directory packages DEBS=python3
	@python3 tests/bench_table.py build/bench/results extras/bench.svg
	@echo extras/bench.svg

size: ## code sizes on microcontrollers: SIZE TARGET NAME VALUE
	@$(MAKE) --no-print-directory packages DEBS="$(SIZE_DEBS)"
	@python3 tests/size.py

fuzz: ## each fuzzer for FUZZ_SECONDS (30): inputs and findings
	@$(MAKE) --no-print-directory packages DEBS="$(FUZZ_DEBS)"
	@sh tests/fuzz.sh $(FUZZ_SECONDS)

cross: ## the unit tests on big-endian, 32-bit, 16-bit machines
	@$(MAKE) --no-print-directory packages DEBS="$(CROSS_DEBS)"
	@sh tests/cross.sh

coverage: ## what the tests reach: lines, branches, MC/DC
	@$(MAKE) --no-print-directory packages DEBS="$(COVER_DEBS)"
	@sh tests/coverage.sh

COMPILER_DEBS = gcc clang tcc dpkg-dev libcmocka-dev

compilers: ## other gcc and clang, tcc, C23, C++26; as root
	@$(MAKE) --no-print-directory packages DEBS="$(COMPILER_DEBS)"
	@sh tests/compilers.sh

analyze: ## -fanalyzer, clang-tidy, cppcheck, MISRA: findings
	@$(MAKE) --no-print-directory packages DEBS="$(ANALYZE_DEBS)"
	@sh tests/analyze.sh

# lwIP and BearSSL for it come from Debian's source packages.
firmware: ## images in qemu: a job over https, power cuts, figures
	@$(MAKE) --no-print-directory packages DEBS="$(FIRMWARE_DEBS)"
	@$(MAKE) --no-print-directory build/amt build/amtsim
	@MAKE="$(MAKE)" sh tests/firmware.sh build/firmware build/amt
	@python3 tests/firmware.py build/firmware build/amtsim

build/explore/%: tests/%.c $(wildcard tests/explore*.h) $(HEADERS)
	@mkdir -p $(@D)
	$(CC) -std=gnu99 -O2 -Wall -Wextra -Wshadow $(INCLUDE) $< -o $@

explore: ## each state of one job, two, the pump: 10 minutes, 1 GB
	@$(MAKE) --no-print-directory build/explore/explore \
	  build/explore/explore_pump
	@build/explore/explore
	@build/explore/explore_pump

explore-mistakes: ## mistakes made on purpose, and how explore shows them
	@python3 tests/explore_mistakes.py

long: ## 10 million polls, 10,000 kills, 1,000 cuts, a day: hours
	@$(MAKE) --no-print-directory packages DEBS="$(sort $(FIRMWARE_DEBS) sqlite3)"
	@$(MAKE) --no-print-directory build/amt build/amtsim
	@MAKE="$(MAKE)" sh tests/long.sh

MUTANT_DEBS = gcc tcc python3 libcmocka-dev $(TLS_DEBS) libmbedtls-dev libssl-dev

mutants: ## 300 small changes: does a test fail for each? 45 minutes
	@$(MAKE) --no-print-directory packages DEBS="$(MUTANT_DEBS)"
	@python3 tests/mutants.py

# It also needs the .NET SDK, which is not in Debian and is not installed here.
kestrel: ## jobs against ASP.NET Core, where the .NET SDK is
	@$(MAKE) --no-print-directory packages DEBS="$(TLS_DEBS) $(KESTREL_DEBS)"
	@$(MAKE) --no-print-directory build/amt
	@sh tests/kestrel/run.sh

slurm: ## 40 jobs under Slurm, two nodes, one dies; as root
	@$(MAKE) --no-print-directory packages DEBS="$(SIM_DEBS) $(SLURM_DEBS)"
	@$(MAKE) --no-print-directory build/amt build/amtsim
	@mkdir -p build/test
	@python3 tests/slurm.py | tee build/test/slurm.log
	@grep -q '^programs: done' build/test/slurm.log && \
	  ! grep '^FAILED' build/test/slurm.log

# CBMC comes in a root of Debian 13, which needs root's rights.
PROVE_DEBS = gcc frama-c-base debootstrap debian-archive-keyring

prove: ## Frama-C and CBMC: no run-time error in the parsers
	@$(MAKE) --no-print-directory packages DEBS="$(PROVE_DEBS)"
	@sh tests/prove.sh

# One of them alone, with the sanitizers; TLS has its own libraries (run.sh).
UNITS = json http job pump faults

$(UNITS:%=build/test/test_%): build/test/test_%: $(HEADERS) \
    $(wildcard tests/*.h tests/test_*.c tests/test_*/*)
	@$(MAKE) --no-print-directory packages DEBS="gcc libcmocka-dev"
	@mkdir -p $(@D)
	$(CC) -std=gnu99 -O1 -g $(SANITIZE) $(INCLUDE) -Itests \
	  $$(sh tests/sources.sh $*) -o $@ -lcmocka

test: ## everything there is to test; prints "N passed, N failed"
	@$(MAKE) --no-print-directory packages DEBS="$(TEST_DEBS)"
	@$(MAKE) --no-print-directory all amtsim
	@CC="$(CC)" sh tests/run.sh

TLS_SERVER_DEBS = apache2-bin haproxy stunnel4 lighttpd lighttpd-mod-openssl \
             nginx-light gnutls-bin openssl python3 nodejs golang-go \
             openjdk-17-jdk-headless $(TLS_DEBS) libmbedtls-dev

tls-servers: ## which TLS servers resume; how they miss a certificate
	@$(MAKE) --no-print-directory packages DEBS="$(TLS_SERVER_DEBS)"
	@mkdir -p build/test
	$(CC) -std=c99 -O1 -g $(INCLUDE) -DAMT_BEARSSL tests/tls_probe.c \
	  -o build/test/tls_probe_bearssl -lbearssl
	$(CC) -std=c99 -O1 -g $(INCLUDE) -DAMT_MBEDTLS tests/tls_probe.c \
	  -o build/test/tls_probe_mbedtls -lmbedtls -lmbedx509 -lmbedcrypto
	@TEST_OUT=build/test python3 tests/tls_servers.py

tls36: ## the tests of TLS over mbedTLS 3.6, in Debian 13; as root
	@sh tests/tls36.sh $(CURDIR)/build/trixie

bare: ## demo and test in a minimal Debian 12, as root; the gate
	@sh tests/bare.sh

packages: ## installs the Debian packages of DEBS="..."
	@sh tests/packages.sh $(sort $(DEBS))

clean: ## removes build/
	rm -rf build

help: ## this list
	@grep -hE '^[a-z0-9$$()A-Z_-]+:.*##' Makefile | sed -e 's/\$$(EXAMPLES)/NAME/' \
	  -e 's/:.*## /	/' | awk -F'\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'

.PHONY: all $(EXAMPLES) amtsim static static-arm64 windows windows-zip single dist install \
        uninstall kits deb demo \
        bench bench-plot size fuzz explore explore-mistakes cross coverage firmware \
        analyze compilers prove mutants long kestrel slurm test tls36 tls-servers bare packages \
        clean help
