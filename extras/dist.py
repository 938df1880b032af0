#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Unlicense
"""dist.py FOLDER: what a release consists of, in FOLDER/amt-VERSION.

  amt.h                       one header with everything in it (make single)
  amt-VERSION-headers.tar.gz  the headers as they are edited, backends/, LICENSE
  amt-VERSION-source.tar.gz   everything, as it is in the repository
  amt-x86_64, amt-arm64       the tool for Linux, static, with TLS
  amt.exe                     the tool for Windows
  amt-VERSION-windows.zip     what an administrator unpacks there
  amt.1                       its manual page
  LICENSE.txt                 our licence, and those of what is linked into it
  amt-VERSION.spdx.json       what is in the binaries: an SBOM, SPDX 2.3
  SHA256SUMS

All of it is built from a clean copy of the last commit, and nothing in it tells
the time or the place: the same commit gives the same bytes each time. A change
that is not committed, a missing file, and a version that differs from amt.h's
are refused by name.
"""
import gzip, hashlib, io, json, os, re, shutil, subprocess, sys, tarfile

sys.dont_write_bytecode = True # or the next run finds a tree with changes
import windows_zip

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
HEADERS = ["amt.h", "amt_http.h", "backends", "LICENSE", "CHANGELOG.md"]
# What is built: its path, its name in the release, what is linked into it.
BUILT = [("build/single/amt.h", "amt.h", []),
         ("build/amt-static", "amt-x86_64", ["musl", "bearssl"]),
         ("build/amt-static-arm64", "amt-arm64", ["musl", "bearssl"]),
         ("build/amt.exe", "amt.exe", ["bearssl", "mingw-w64"]),
         ("extras/amt.1", "amt.1", [])]
# The licence of each, in the tree that is built or on this machine.
LICENCES = {"musl": "build/musl-arm64/sources/musl/COPYRIGHT",
            "bearssl": "build/bearssl-musl/sources/bearssl/LICENSE.txt",
            "mingw-w64": "/usr/share/doc/mingw-w64-common/copyright"}

EXECUTABLE = ["amt-x86_64", "amt-arm64"]


def git(*args):
    return subprocess.run(["git", *args], check=True, capture_output=True,
                          text=True, cwd=ROOT).stdout


def refuse(why):
    sys.exit(f"dist.py: {why}")


def numbers():
    """The version in amt.h."""
    with open(f"{ROOT}/amt.h") as f:
        found = re.findall(r"#define AMT_VERSION_[MP]\w+ (\d+)", f.read())
    if len(found) != 3:
        refuse("amt.h: no AMT_VERSION_MAJOR, _MINOR and _PATCH")
    return tuple(map(int, found))


def version():
    """The version in amt.h; every other file that tells one must agree."""
    changed = git("status", "--porcelain").splitlines()
    if changed:
        refuse(f"not committed: {changed[0][3:]}; a release is made of a commit")
    found = numbers()
    checked = subprocess.run([sys.executable, f"{ROOT}/tests/text.py",
                              "version"], capture_output=True, text=True)
    if checked.returncode:
        refuse(checked.stderr.splitlines()[-1].removeprefix("AssertionError: "))
    return "%d.%d.%d" % found


def clean(entry):
    """Leaves of a file's entry only what is the same on every machine."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry


def archive(path, source, names, prefix, when):
    """Packs names and all below them, in order, under prefix/."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name in sorted(names):
            full = f"{source}/{name}"
            if not os.path.exists(full):
                refuse(f"missing: {name}")
            files = [name] if os.path.isfile(full) else sorted(
                os.path.relpath(os.path.join(d, f), source)
                for d, _, fs in os.walk(full) for f in fs)
            for f in files:
                entry = clean(t.gettarinfo(f"{source}/{f}", f"{prefix}/{f}"))
                entry.mtime = when
                with open(f"{source}/{f}", "rb") as content:
                    t.addfile(entry, content)
    with open(path, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(data.getvalue())


def licences(source):
    """All licences, each with the names of the programs that contain it."""
    linked = []
    for package, path in LICENCES.items():
        programs = [here for _, here, names in BUILT if package in names]
        full = os.path.join(source, path)
        if not os.path.exists(full):
            refuse(f"missing: {path}, the licence of {package}")
        linked.append((package, ", ".join(programs), full))
    return windows_zip.licences(linked)


def source_version(source, package):
    """The version of a Debian source package, from its changelog; that of
    MinGW-w64, which is installed, from dpkg."""
    if package == "mingw-w64":
        return subprocess.run(["dpkg-query", "-W", "-f", "${source:Version}",
                               "mingw-w64-common"], check=True,
                              capture_output=True, text=True).stdout
    for where in ("bearssl-musl/sources", "musl-arm64/sources"):
        path = f"{source}/build/{where}/{package}/debian/changelog"
        if os.path.exists(path):
            with open(path) as f:
                return re.search(r"\(([^)]*)\)", f.readline()).group(1)
    return "NOASSERTION"


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def sbom(out, source, number, commit, when):
    def package(name, versionInfo, licence, **more):
        return {"SPDXID": f"SPDXRef-{name}", "name": name,
                "versionInfo": versionInfo, "licenseDeclared": licence,
                "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
                **more}
    packages = [package("amt", number, "MIT OR Unlicense"),
                package("musl", source_version(source, "musl"), "MIT"),
                package("bearssl", source_version(source, "bearssl"), "MIT"),
                package("mingw-w64", source_version(source, "mingw-w64"),
                        "NOASSERTION")]
    files, links = [], []
    for _, name, linked in BUILT:
        ident = "SPDXRef-" + name.replace("_", "-")
        files.append({"SPDXID": ident, "fileName": f"./{name}", "checksums": [
            {"algorithm": "SHA256", "checksumValue": digest(f"{out}/{name}")}],
            "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"})
        links += [(ident, "GENERATED_FROM", "SPDXRef-amt")] + [
            (ident, "STATIC_LINK", f"SPDXRef-{p}") for p in linked]
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT", "name": f"amt-{number}",
        "documentNamespace": f"urn:uuid:{commit[:8]}-{commit[8:12]}-5"
                             f"{commit[13:16]}-8{commit[17:20]}-{commit[20:32]}",
        "creationInfo": {"created": when, "creators": ["Tool: dist.py"]},
        "packages": packages, "files": files,
        "relationships": [
            {"spdxElementId": a, "relationshipType": b,
             "relatedSpdxElement": c} for a, b, c in
            [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-amt"), *links]]}
    with open(f"{out}/amt-{number}.spdx.json", "w") as f:
        json.dump(document, f, indent=1)
        f.write("\n")


def main(folder):
    number = version()
    commit, seconds, when = git("log", "-1", "--format=%H %ct "
                                "%cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ"
                                ).split()
    source, out = f"{folder}/source", f"{folder}/amt-{number}"
    for d in (source, out):
        shutil.rmtree(d, ignore_errors=True)
        os.makedirs(d)
    subprocess.run(f"git archive HEAD | tar -x -C '{os.path.abspath(source)}'",
                   shell=True, check=True, cwd=ROOT)
    names = os.listdir(source)
    archive(f"{out}/amt-{number}-source.tar.gz", source, names,
            f"amt-{number}", int(seconds))
    archive(f"{out}/amt-{number}-headers.tar.gz", source, HEADERS,
            f"amt-{number}", int(seconds))
    os.environ["SOURCE_DATE_EPOCH"] = seconds
    made = ["make", "-C", source, "--no-print-directory", "single", "static",
            "static-arm64", "windows-zip"]
    if subprocess.run(made).returncode:
        refuse("make failed; why stands above")
    zipped = f"amt-{number}-windows.zip"
    for there, here, _ in [*BUILT, (f"build/{zipped}", zipped, [])]:
        if not os.path.exists(f"{source}/{there}"):
            refuse(f"missing: {there}; was its compiler to be had?")
        shutil.copyfile(f"{source}/{there}", f"{out}/{here}")
        os.chmod(f"{out}/{here}", 0o755 if here in EXECUTABLE else 0o644)
    with open(f"{out}/LICENSE.txt", "w", encoding="utf-8") as f:
        f.write(licences(source))
    sbom(out, source, number, commit, when)
    with open(f"{out}/SHA256SUMS", "w") as f:
        for name in sorted(set(os.listdir(out)) - {"SHA256SUMS"}):
            f.write(f"{digest(f'{out}/{name}')}  {name}\n")
    print(f"{out}: {len(os.listdir(out))} files")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.environ["TZ"] = "UTC"
    main(os.path.abspath(sys.argv[1]))
