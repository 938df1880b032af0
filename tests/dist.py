# SPDX-License-Identifier: MIT OR Unlicense
"""What make dist (extras/dist.py) refuses, and that its archives are the same
wherever they are made. Each function whose name begins with test_ is one test;
its name is the sentence it proves.
usage: dist.py [WORD]   runs only the tests with WORD in their name"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "extras"))

import dist  # noqa: E402
from programs import equal, main  # noqa: E402


class Tree:
    """A repository of its own with the files of this one."""

    def __init__(self, d):
        self.d = os.path.join(d, "tree")
        shutil.copytree(ROOT, self.d, ignore=shutil.ignore_patterns(
            "build", ".git", "*.pyc"))
        self.git("init", "-q")
        self.commit()

    def git(self, *args):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c",
                        *args], cwd=self.d, check=True)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-qm", "all")

    def change(self, name, old, new):
        with open(os.path.join(self.d, name), encoding="utf-8") as f:
            text = f.read()
        assert old in text, (name, old)
        with open(os.path.join(self.d, name), "w", encoding="utf-8") as f:
            f.write(text.replace(old, new, 1))

    def refused(self):
        """The words with which make dist refuses, before it compiles anything.
        """
        r = subprocess.run([sys.executable, "extras/dist.py", "build/dist"],
                           cwd=self.d, capture_output=True, text=True,
                           env={"PATH": os.environ["PATH"]})
        # What it leaves must not make the next run refuse the tree.
        assert not os.path.exists(os.path.join(self.d, "extras/__pycache__"))
        assert r.returncode == 1, (r.returncode, r.stdout, r.stderr)
        assert "Traceback" not in r.stderr, r.stderr
        built = os.path.join(self.d, "build/dist/source/build")
        assert not os.path.exists(built) or os.listdir(built) == ["single"]
        return r.stderr


def with_tree(check):
    with tempfile.TemporaryDirectory() as d:
        check(Tree(d))


def test_a_tree_with_changes_is_refused_by_the_files_name():
    def check(tree):
        tree.change("backends/amt_posix.h", "posix", "posix ")
        assert "not committed: backends/amt_posix.h" in tree.refused()
    with_tree(check)


VERSION = dist.numbers()
HTTP_VERSION = "%d%02d%02d" % VERSION
DOTTED = "%d.%d.%d" % VERSION
PLACES = (("amt.h", " - v" + DOTTED), ("CHANGELOG.md", "## " + DOTTED),
          ("amt_http.h", "AMT_HTTP_VERSION " + HTTP_VERSION.lstrip("0")),
          ("amt_http.h", "/* %s:" % DOTTED),
          ("backends/amt_lwip.h",
           "AMT_HTTP_VERSION != " + HTTP_VERSION.lstrip("0")),
          ("extras/schedulers.md", "amt:" + DOTTED))


def test_a_version_that_differs_is_refused_by_the_files_name():
    def check(tree):
        for name, text in PLACES:
            other = text.replace(text[-2], "7") if text[-1] == ":" else \
                text[:-1] + "7"
            tree.change(name, text, other)
            tree.commit()
            said = tree.refused()
            equal((name, said.splitlines()[0].startswith(
                "dist.py: %s has version " % name)), (name, True))
            tree.change(name, other, text)
            tree.commit()
    with_tree(check)


def test_a_file_that_is_missing_is_refused_by_its_name():
    def check(tree):
        for name, words in ("LICENSE", "missing: LICENSE"), \
                           ("backends/amt_wide.h", "amt_wide.h is included"):
            os.remove(os.path.join(tree.d, name))
            tree.commit()
            said = tree.refused()
            assert words in said, said
            tree.git("checkout", "-q", "HEAD~1", "--", name)
            tree.commit()
    with_tree(check)


def test_an_archive_has_the_same_bytes_wherever_and_whenever_it_is_made():
    made = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as d:
            tree = Tree(d)
            os.utime(os.path.join(tree.d, "amt.h"), (1, len(made)))
            dist.archive(d + "/a", tree.d, dist.HEADERS, "amt", 1234567890)
            with open(d + "/a", "rb") as f:
                made.append(f.read())
    equal(made[0] == made[1], True)


def test_a_release_has_the_licence_of_everything_that_is_linked_into_it():
    linked = {name for _, _, names in dist.BUILT for name in names}
    equal(linked, set(dist.LICENCES))
    with tempfile.TemporaryDirectory() as d:
        for name, path in dist.LICENCES.items():
            path = "licences/" + path.strip("/")
            dist.LICENCES[name] = path
            os.makedirs(os.path.dirname(os.path.join(d, path)))
            with open(os.path.join(d, path), "w", encoding="utf-8") as f:
                f.write("The licence of %s.\n" % name)
        text = dist.licences(d)
        assert "2026 the amt.h authors" in text, text
        for name, where in (("musl", "amt-x86_64, amt-arm64"),
                            ("bearssl", "amt-x86_64, amt-arm64, amt.exe"),
                            ("mingw-w64", "amt.exe")):
            wanted = "%s is in %s, in part.\n\nThe licence of %s.\n" % (
                name, where, name)
            assert wanted in text, text
        os.remove(os.path.join(d, dist.LICENCES["musl"]))
        try:
            text = dist.licences(d)
        except SystemExit as why:
            text = str(why)
        assert text.startswith("dist.py: missing: ") and "musl" in text, text


main(globals())
