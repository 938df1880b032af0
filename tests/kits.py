# SPDX-License-Identifier: MIT OR Unlicense
"""The packages that extras/ has for other ecosystems: they hold all that they
need, in one version.
usage: kits.py [WORD]   runs only the tests with WORD in their name"""
import contextlib
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True

from programs import equal, main
from tool import folder, read, write

HEADERS = ["amt.h", "amt_http.h", *sorted(glob.glob("backends/*.h"))]
NAMES = sorted(os.path.basename(x) for x in HEADERS)
PACK = ["sh", "extras/pack.sh"]
STRICT = ["-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow",
          "-pedantic", "-Wcast-qual", "-Werror", "-c", "-o", "/dev/null"]


def version():
    return ".".join(re.findall(r"^#define AMT_VERSION_[MP]\w+ (\d+)$",
                               read("amt.h"), re.M))


def run(*command, status=0, **more):
    r = subprocess.run(command, text=True, capture_output=True, check=False,
                       **more)
    equal((command, r.returncode, r.stderr if r.returncode != status else ""),
          (command, status, ""))
    return r


@contextlib.contextmanager
def kits():
    with folder() as d:
        run(*PACK, "make", d, *HEADERS)
        yield {name: "%s/%s/amt" % (d, name)
               for name in ("arduino", "esp-idf", "platformio")}


def inside(name, kit):
    return kit + ("/src" if name == "arduino" else "/include")


def test_each_kit_holds_all_headers_a_licence_and_the_version_of_amt_h():
    with kits() as made:
        for name, kit in made.items():
            here = [x for x in os.listdir(inside(name, kit)) if x[:3] == "amt"]
            equal((name, sorted(here)), (name, NAMES))
            equal(read(kit + "/LICENSE"), read("LICENSE"))
        text = read(made["platformio"] + "/library.json")
        equal(json.loads(text)["version"], version())
        assert "\nversion=%s\n" % version() in read(
            made["arduino"] + "/library.properties")
        equal(read(made["esp-idf"] + "/idf_component.yml").splitlines()[0],
              'version: "%s"' % version())


def test_a_kit_of_a_wrong_version_is_refused_by_name():
    with kits() as made:
        for name, manifest in (("arduino", "library.properties"),
                               ("esp-idf", "idf_component.yml"),
                               ("platformio", "library.json")):
            path = made[name] + "/" + manifest
            text = read(path)
            for other in ("9.9.9", version() + "1",
                          version().replace(".", "0")):
                write(path, text.replace(version(), other))
                r = run(*PACK, "check", made[name], status=1)
                assert manifest in r.stderr and version() in r.stderr, r.stderr
            write(path, text)
            run(*PACK, "check", made[name])


def test_a_kit_that_lacks_a_file_is_refused_by_its_name():
    with kits() as made:
        for name, kit in made.items():
            for path in [kit + "/LICENSE", *("%s/%s" % (inside(name, kit), x)
                                             for x in NAMES)]:
                os.rename(path, kit + "/away")
                r = run(*PACK, "check", kit, status=1)
                assert "lacks " + os.path.basename(path) in r.stderr, r.stderr
                os.rename(kit + "/away", path)
            run(*PACK, "check", kit)
    with folder() as d:
        r = run(*PACK, "make", d, "amt.h", "none.h", status=1)
        assert "none.h is not there" in r.stderr, r.stderr


def test_a_kit_compiles_without_this_tree():
    with kits() as made:
        for compiler in ("gcc", "clang"):
            run(compiler, "-std=gnu17", *STRICT,
                "-isystem", "/usr/include/lwip",
                "-DAMT_LWIP", "-DAMT_MBEDTLS", "-I",
                made["esp-idf"] + "/include", made["esp-idf"] + "/amt.c")
            shutil.copy("examples/replay.c", made["platformio"])
            run(compiler, "-std=c99", "-I", made["platformio"] + "/include",
                "replay.c", "-o", "replay", cwd=made["platformio"])
            run(made["platformio"] + "/replay")


def test_the_Arduino_library_runs_its_job_on_a_Mega_2560():
    with kits() as made, folder() as d:
        r = subprocess.run(["sh", "tests/arduino.sh", made["arduino"], d],
                           text=True, capture_output=True, check=False)
        if r.returncode == 77:
            raise unittest.SkipTest(r.stdout.strip())
        equal((r.returncode, r.stderr), (0, ""))
        print("        " + r.stdout.strip())
        flash, ram = map(int, re.findall(r"\d+", r.stdout))
        assert flash < 40000 and ram < 4096, r.stdout


def test_Zephyrs_module_leads_to_files_that_are_there():
    import yaml # pylint: disable=import-outside-toplevel
    build = yaml.safe_load(read("zephyr/module.yml"))["build"]
    assert os.path.exists(build["cmake"] + "/CMakeLists.txt")
    assert "config AMT\n" in read(build["kconfig"])
    assert "SO_LINGER and ignore" in read(build["kconfig"])
    with folder() as d: # Zephyr's fcntl.h has neither
        write(d + "/fcntl.h", "#pragma once\n#include_next <fcntl.h>\n"
              "#undef FD_CLOEXEC\n#undef F_SETFD\n")
        for compiler in ("gcc", "clang"):
            run(compiler, "-std=c17", *STRICT, "-I.", "-Ibackends",
                "-DAMT_POSIX", "-isystem", d, build["cmake"] + "/amt.c")


def test_what_was_never_tried_says_so_with_the_version_it_was_written_for():
    for path, words in (("extras/esp-idf/amt/CMakeLists.txt", "ESP-IDF 5"),
                        ("extras/platformio/library.json", "Core 6"),
                        ("zephyr/module.yml", "3.7")):
        text = read(path)
        assert "UNTESTED" in text and words in text, path
    for path in (*glob.glob("extras/esp-idf/amt/*"),
                 *glob.glob("extras/zephyr/*")):
        assert "UNTESTED" in read(path), path


# --- CMake -------------------------------------------------------------------

# A library that uses amt::amt in public and is itself exported, and a program
# that uses this library once it is installed.
EXPORTS = """cmake_minimum_required(VERSION 3.15)
project(jobs C)
add_subdirectory(%s amt)
add_library(jobs STATIC jobs.c)
target_link_libraries(jobs PUBLIC amt::amt)
install(TARGETS jobs EXPORT jobs ARCHIVE DESTINATION lib)
install(EXPORT jobs NAMESPACE jobs:: DESTINATION share/cmake/jobs
  FILE jobs-targets.cmake)
file(WRITE ${CMAKE_BINARY_DIR}/jobs-config.cmake
  "include(CMakeFindDependencyMacro)\\nfind_dependency(amt %s)\\n"
  "include(\\${CMAKE_CURRENT_LIST_DIR}/jobs-targets.cmake)\\n")
install(FILES ${CMAKE_BINARY_DIR}/jobs-config.cmake
  DESTINATION share/cmake/jobs)
"""
USES = """cmake_minimum_required(VERSION 3.15)
project(user C)
find_package(jobs REQUIRED)
add_executable(user user.c)
target_link_libraries(user jobs::jobs)
"""
JOBS_C = """#define AMT_IMPLEMENTATION
#include "amt.h"
"""
USER_C = """#include "amt.h"
int main(void) { return amt_status_ends(4) != 1; }
"""


def cmake(d, *options, status=0):
    made = run("cmake", "-S", d, "-B", d + "/build", *options, status=status)
    if status == 0:
        run("cmake", "--build", d + "/build")
    return made


def test_a_library_that_uses_the_CMake_target_can_be_exported():
    with folder() as d:
        for name, files in (
                ("jobs", {"CMakeLists.txt": EXPORTS % (
                    os.path.abspath("extras/cmake"), version()),
                          "jobs.c": JOBS_C}),
                ("user", {"CMakeLists.txt": USES, "user.c": USER_C})):
            os.mkdir(d + "/" + name)
            for file, text in files.items():
                write("%s/%s/%s" % (d, name, file), text)
        cmake(d + "/jobs", "-DCMAKE_INSTALL_PREFIX=%s/root" % d)
        run("cmake", "--install", d + "/jobs/build")
        equal(sorted(os.listdir(d + "/root/include")), NAMES)
        os.rename(d + "/root", d + "/moved") # no path may lead back to here
        for path in glob.glob(d + "/moved/**/*.cmake", recursive=True):
            here = re.search('(?:^|["; ])' + re.escape(os.getcwd()), read(path))
            assert not here, path
        cmake(d + "/user", "-DCMAKE_PREFIX_PATH=%s/moved" % d)
        run(d + "/user/build/user")


def test_CMake_refuses_a_tree_that_lacks_a_header_by_its_name():
    with folder() as d:
        shutil.copytree("extras/cmake", d + "/extras/cmake")
        shutil.copy("amt.h", d)
        r = cmake(d + "/extras/cmake", status=1)
        assert "amt_http.h is not in" in r.stderr, r.stderr


# --- Debian ------------------------------------------------------------------

def test_the_Debian_source_has_the_version_the_files_and_the_licence_of_this_tree():
    with folder() as d:
        run("sh", "extras/debian.sh", d, "source",
            env={**os.environ, "DEBEMAIL": "a@b.test", "DEBFULLNAME": "A B"})
        tree = "%s/amt-%s" % (d, version())
        for path in (*HEADERS, "Makefile", "LICENSE", "examples/amt/main.c"):
            equal(read(tree + "/" + path), read(path))
        log = read(tree + "/debian/changelog")
        assert log.startswith("amt (%s) " % version()), log
        assert "\n -- A B <a@b.test>  " in log, log
        assert "Maintainer: A B <a@b.test>\n" in read(tree + "/debian/control")
        terms = read(tree + "/debian/copyright")
        for line in read("LICENSE").splitlines()[4:]:
            assert line[:3] == "B. " or "\n %s\n" % (line or ".") in terms, line

def test_a_Debian_source_of_a_tree_that_lacks_a_file_is_refused_by_its_name():
    with folder() as d:
        run("git", "clone", "-q", ".", d + "/tree")
        os.remove(d + "/tree/backends/amt_tls.h")
        r = run("sh", "extras/debian.sh", d + "/out", "source", status=1,
                cwd=d + "/tree")
        assert "backends/amt_tls.h is not there" in r.stderr, r.stderr


if __name__ == "__main__":
    main(globals())
