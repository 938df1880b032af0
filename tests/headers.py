# SPDX-License-Identifier: MIT OR Unlicense
"""How the headers find each other, what a program that includes them wrongly is
told, and the one header of make single. Each function whose name begins with
test_ is one test; its name is the sentence it proves.
usage: headers.py [WORD]   runs only the tests with WORD in their name"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from programs import OUT, main

HEADERS = ["amt.h", "amt_http.h", *sorted(glob.glob("backends/*.h"))]
STRICT = ["-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow",
          "-pedantic", "-Wcast-qual", "-Werror"]
C99 = ["gcc", "-std=c99"]
CXX11 = ["g++", "-x", "c++", "-std=c++11"]
MINGW = ["x86_64-w64-mingw32-gcc", "-std=c99"]
LWIP = ["-D_GNU_SOURCE", "-isystem", "/usr/include/lwip"]

# Each backend: its macro, its header, the other headers of backends/ that it
# needs, the options and the compilers to compile it with.
BACKENDS = [
    ("AMT_POSIX", "amt_posix.h", ["amt_address.h"], [], [C99, CXX11]),
    ("AMT_WINSOCK", "amt_winsock.h", ["amt_address.h"], [], [MINGW]),
    ("AMT_LWIP", "amt_lwip_sockets.h", ["amt_posix.h", "amt_address.h"],
     LWIP, [C99, CXX11]),
    ("AMT_LWIP_RAW", "amt_lwip.h", [], LWIP, [C99, CXX11]),
    ("AMT_BEARSSL", "amt_bearssl.h", ["amt_tls.h"], [], [C99, CXX11]),
    ("AMT_MBEDTLS", "amt_mbedtls.h", ["amt_tls.h"], [], [C99, CXX11]),
]
# Options that go together.
CHOICES = [[], ["-DAMT_POSIX"], ["-DAMT_POSIX", "-DAMT_STATIC"], ["-DAMT_NO_HTTP"],
           ["-DAMT_POSIX", "-DAMT_BEARSSL"], ["-DAMT_MBEDTLS"],
           ["-DAMT_POSIX", "-DAMT_BEARSSL", "-DAMT_MBEDTLS"], ["-DAMT_WIDE=0"],
           [*LWIP, "-DAMT_LWIP"]]


def folder(*headers):
    """A new folder with a copy of these headers."""
    d = tempfile.mkdtemp(dir=OUT)
    for header in headers:
        shutil.copy(header, d)
    return d


def compiled(program, *options, compiler=C99, includes=("-I.", "-Ibackends")):
    """What the compiler says of a program; "" if nothing."""
    with tempfile.TemporaryDirectory(dir=OUT) as d:
        path = d + "/program.c"
        with open(path, "w", encoding="utf-8") as f:
            f.write(program)
        return subprocess.run([*compiler, *STRICT, *includes, *options, "-c",
                               path, "-o", d + "/program.o"],
                              stderr=subprocess.PIPE, text=True).stderr


def takes(*arguments, **named):
    said = compiled(*arguments, **named)
    assert said == "", said


def refuses(words, *arguments, **named):
    said = compiled(*arguments, **named)
    assert "#error" in said and words in said, said or "it was taken"


def whole(header):
    return "#define AMT_IMPLEMENTATION\n#include \"%s\"\n" % header


# --- what is right ----------------------------------------------------------

def test_each_backend_brings_all_it_needs_when_it_is_included_by_its_name():
    for _, header, _, options, compilers in BACKENDS:
        for compiler in compilers:
            takes(whole(header), *options, compiler=compiler)
            takes('#include "%s"\n%s' % (header, whole("amt.h")), *options,
                  compiler=compiler)
    takes("#define AMT_POSIX\n" + whole("amt_bearssl.h"))


def test_each_backend_has_a_row_in_this_file():
    rows = [header for _, header, _, _, _ in BACKENDS]
    for header in glob.glob("backends/*.h"):
        with open(header, encoding="utf-8") as f:
            part = "Not for programs" in f.read()
        assert part != (os.path.basename(header) in rows), header


def test_each_backend_may_be_copied_without_the_others():
    for macro, header, needed, options, compilers in BACKENDS:
        d = folder("amt.h", "amt_http.h",
                   *("backends/" + h for h in [header, *needed]))
        for compiler in compilers:
            takes(whole("amt.h"), "-D" + macro, *options, compiler=compiler,
                  includes=("-I" + d,))


def test_a_system_may_have_no_ipv6_or_no_ipv4_or_no_names():
    for missing in "IPV4", "IPV6", "NAMES":
        for options in ["-DAMT_POSIX"], [*LWIP, "-DAMT_LWIP"]:
            takes(whole("amt.h"), *options, "-DAMT__NO_%s=" % missing)


def test_macros_named_as_the_functions_of_a_stream_do_no_harm():
    """lwIP's sockets.h defines close(fd), read(...), write(...) by default."""
    poison = "".join("#define %s(%s) no_such_function(%s)\n" % (name, of, of)
                     for name, of in (("open", "a, b, c, d, e"),
                                      ("read", "a, b, c"), ("write", "a, b, c"),
                                      ("close", "a"), ("wait", "a, b, c"),
                                      ("want", "a, b")))
    for library in "bearssl", "mbedtls":
        takes("#include <bearssl.h>\n#include <mbedtls/entropy.h>\n"
              "#include <mbedtls/ssl.h>\n" + poison +
              whole("amt_%s.h" % library) + '#include "amt.h"\n')


def test_no_name_in_the_headers_is_one_of_windows_h():
    """It defines some words to be nothing: near, far, IN, OUT."""
    for bits in 0, 32, 64, 128:
        takes(whole("amt.h"), "-DAMT_WINSOCK", "-O1", "-DAMT_WIDE=%d" % bits,
              compiler=MINGW)


def test_the_implementation_may_come_after_the_declarations():
    for options in CHOICES:
        for first in HEADERS[0], "amt_http.h":
            takes('#include "%s"\n' % first + whole("amt.h"), *options)


def test_a_namespace_holds_them_if_the_systems_headers_came_before():
    system = "".join("#include <%s>\n" % h for h in
                     ("stddef.h", "stdint.h", "string.h"))
    sse2 = "#ifdef __SSE2__\n#include <emmintrin.h>\n#endif\n"
    for options in ["-O2"], ["-O2", "-DAMT_WIDE=64"], ["-Os", "-DAMT_STATIC"]:
        takes(system + sse2 + "namespace ours {\n" + whole("amt.h") + "}\n",
              *options, compiler=CXX11)


def test_all_headers_may_lie_in_one_folder():
    d = folder(*HEADERS)
    for options in CHOICES:
        takes(whole("amt.h"), *options, includes=("-I" + d,))


def test_without_amt_wide_all_works_a_byte_at_a_time():
    d = folder(*(h for h in HEADERS if h != "backends/amt_wide.h"))
    takes(whole("amt.h") + "#if AMT_WIDE != 0\n#error\n#endif\n",
          "-DAMT_POSIX", "-O2", includes=("-I" + d,))
    program = d + "/json"
    subprocess.check_call(["gcc", "-std=gnu99", "-O1", "-w", "-I" + d, "-Itests",
                           "tests/test_json.c", "-o", program, "-lcmocka"])
    subprocess.check_output([program], stderr=subprocess.STDOUT)


# --- what is wrong ----------------------------------------------------------

def test_a_backend_after_amt_h_is_told_to_come_first():
    for macro, header, _, _, _ in BACKENDS:
        for first in "amt.h", "amt_http.h":
            refuses("too late: define %s before the first" % macro,
                    '#include "%s"\n#include "%s"\n' % (first, header))


def test_a_strict_compiler_that_has_read_system_headers_is_told_so():
    refuses("define _POSIX_C_SOURCE=200112L before the first #include",
            "#include <stdio.h>\n#define AMT_POSIX\n" + whole("amt.h"))
    takes("#include <stdio.h>\n#define AMT_POSIX\n" + whole("amt.h"),
          "-D_POSIX_C_SOURCE=200112L")


def test_only_one_kind_of_sockets_is_taken():
    for two in (("POSIX", "LWIP"), ("POSIX", "WINSOCK"), ("LWIP", "WINSOCK")):
        refuses("only one of AMT_POSIX, AMT_LWIP, AMT_WINSOCK",
                whole("amt.h"), *("-DAMT_" + name for name in two))


def test_an_mbedtls_that_judges_no_dates_needs_our_reader():
    program = ("#include <mbedtls/version.h>\n#undef MBEDTLS_HAVE_TIME_DATE\n"
               "#define AMT_MBEDTLS\n" + whole("amt_http.h"))
    for option in "-DAMT_TLS_NO_IP", "-DAMT_TLS_NO_PIN":
        takes(program, option)
    refuses("no MBEDTLS_HAVE_TIME_DATE: leave out AMT_TLS_NO_IP or", program,
            "-DAMT_TLS_NO_IP", "-DAMT_TLS_NO_PIN")


def test_a_header_that_is_missing_is_named_with_what_to_do():
    refuses("amt.h needs amt_http.h: copy it", whole("amt.h"),
            includes=("-I" + folder("amt.h"),))
    d = folder("amt.h", "amt_http.h")
    takes(whole("amt.h"), includes=("-I" + d,))
    for macro, header, needed, options, compilers in BACKENDS:
        said = compiled(whole("amt.h"), "-D" + macro, *options,
                        compiler=compilers[0], includes=("-I" + d,))
        first = [h for h in ("amt_posix.h", "amt_tls.h", header)
                 if h in [header, *needed]][0]
        assert first + ": No such file" in said and \
            "add -Ibackends, or copy it beside amt_http.h" in said, said


def test_an_old_header_beside_a_new_one_is_refused():
    with open("amt_http.h", encoding="utf-8") as f:
        text = f.read()
    line = [l for l in text.splitlines() if "#define AMT_HTTP_VERSION" in l]
    assert len(line) == 1, line
    d = folder(*HEADERS)
    with open(d + "/amt_http.h", "w", encoding="utf-8") as f:
        f.write(text.replace(line[0], "#define AMT_HTTP_VERSION 100"))
    for name, options in (("amt.h", []), ("amt_tls.h", ["-DAMT_BEARSSL"]),
                          *((header, options)
                            for _, header, _, options, _ in BACKENDS)):
        refuses("%s and amt_http.h differ: take all" % name,
                '#include "%s"\n' % name, *options, includes=("-I" + d,))


def test_a_header_that_is_part_of_another_names_it():
    refuses("include amt_http.h or amt.h instead", whole("amt_wide.h"))
    refuses("include amt_posix.h, amt_lwip_sockets.h or amt_winsock.h instead",
            whole("amt_address.h"))
    for options in [], ["-DAMT_POSIX"]:
        refuses("include amt_bearssl.h or amt_mbedtls.h instead",
                whole("amt_tls.h"), *options)


def test_the_words_of_tls_errors_come_with_a_tls_stream_alone():
    program = whole("amt_http.h") + '''#include <stdio.h>
int main(void)
{
  puts(amt_http_error(AMT_E_TLS_EXPIRED));
  return 0;
}
'''
    d = folder(*HEADERS)
    with open(d + "/words.c", "w", encoding="utf-8") as f:
        f.write(program)
    for option, said in (("BEARSSL", "expired"), ("MBEDTLS", "expired"),
                         ("STATIC", "\n")):
        subprocess.check_call([
            *C99, "-w", "-O1", "-ffunction-sections", "-Wl,--gc-sections",
            "-I" + d, "-DAMT_" + option, d + "/words.c", "-o", d + "/words"])
        words = subprocess.check_output([d + "/words"], text=True)
        assert said in words and (said != "\n" or words == said), words


def test_each_switch_has_a_case_where_the_words_are_left_out():
    d = folder(*HEADERS)
    with open(d + "/no_text.c", "w", encoding="utf-8") as f:
        f.write(whole("amt.h"))
    text = subprocess.check_output([*C99, "-E", "-P", "-DAMT_NO_TEXT", "-I" + d,
                                    d + "/no_text.c"], text=True)
    # MSVC warns of a switch that has a default alone (C4065).
    bare = re.findall(r"(\w+)\([^;{}]*\)\s*\{\s*switch \(\w+\) \{\s*default:",
                      text)
    assert "switch (error) {" in text and bare == [], bare


# --- make single ------------------------------------------------------------

def single():
    """A folder with the one header, and for programs that include amt_http.h, a
    file of that name which includes it."""
    subprocess.check_call(["make", "-s", "single"])
    d = folder("build/single/amt.h")
    with open(d + "/amt_http.h", "w", encoding="utf-8") as f:
        f.write('#include "amt.h"\n')
    return d


def test_the_single_header_takes_all_macros_and_no_other_file():
    subprocess.check_call(["make", "-s", "single"])
    d = folder("build/single/amt.h")
    for compiler in C99, CXX11:
        for options in CHOICES:
            takes(whole("amt.h"), *options, compiler=compiler,
                  includes=("-I" + d,))
            takes('#include "amt.h"\n' + whole("amt.h"), *options,
                  compiler=compiler, includes=("-I" + d,))


def test_the_single_header_is_amt_h_with_each_line_of_the_others_once():
    d = single()
    with open(d + "/amt.h", encoding="utf-8") as f:
        one = f.read()
    opening = " ".join(one[:one.index("Contents:")].split())
    assert "amt_http.h" not in opening and "no other file" in opening, opening
    for header in HEADERS:
        with open(header, encoding="utf-8") as f:
            text = f.read()
        for define in set(l for l in text.splitlines()
                          if l.startswith(("AMTDEF ", "typedef struct "))):
            wanted = text.count("\n%s\n" % define)
            found = one.count("\n%s\n" % define)
            assert found == wanted, (header, define, found, wanted)


def test_every_example_is_built_from_the_single_header_as_c99_and_cxx11():
    d = single()
    programs = [[example] for example in sorted(glob.glob("examples/*.c"))]
    for files in (*programs, glob.glob("examples/amt/*.c")):
        for compiler in C99, CXX11:
            subprocess.check_call([
                *compiler, "-O1", "-w", "-I" + d, *files, "-o", d + "/program",
                *(["-lcurl"] if "own_http" in files[0] else []),
                *(["-DAMT_BEARSSL", "-lbearssl"] if len(files) > 1 else [])])


def test_the_unit_tests_pass_over_the_single_header_as_c99_and_cxx11():
    """The second time, the file with the implementation is C++, with names for
    C. The files beside it stay C: C++11 lacks their initializers."""
    d = single()
    flags = ["-O1", "-w", "-I" + d, "-Itests"]
    for name in "json", "http", "job", "pump", "faults":
        first, *others = subprocess.check_output(
            ["sh", "tests/sources.sh", name], text=True).split()
        with open(d + "/first.cc", "w", encoding="utf-8") as f:
            f.write('extern "C" {\n#include "%s"\n}\n' % os.path.abspath(first))
        for compiler in ["gcc", "-std=gnu99", first], \
                        ["g++", "-std=gnu++11", d + "/first.cc"]:
            subprocess.check_call([*compiler, *flags, "-c", "-o",
                                   d + "/first.o"])
            subprocess.check_call(["gcc", "-std=gnu99", *flags, d + "/first.o",
                                   *others, "-o", d + "/" + name, "-lcmocka"])
            subprocess.check_output([d + "/" + name], stderr=subprocess.STDOUT)


main(globals())
