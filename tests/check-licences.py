#!/usr/bin/env python3
"""Holds the licences of everything that is linked into the program.

usage: tests/check-licences.py [--self-test]

Each crate the program normally depends on must state, as an SPDX expression, a
licence from the list below; of alternatives one is enough. A missing or an
unknown licence fails, and the crate is named.
"""

import json
import os
import re
import subprocess
import sys

# Each asks for no more than its notice to be kept.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
}
TARGETS = ["aarch64-unknown-linux-musl", "armv7-unknown-linux-musleabihf"]


def allowed(expression):
    """Whether an SPDX expression can be met from the list."""
    # "A/B" is how older crates write "A OR B".
    words = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    at = 0

    def peek():
        return words[at] if at < len(words) else None

    def one():
        nonlocal at
        if peek() == "(":
            at += 1
            met = either()
            if peek() != ")":
                raise ValueError
            at += 1
            return met
        if peek() in (None, ")", "AND", "OR", "WITH"):
            raise ValueError
        name = words[at]
        at += 1
        if peek() == "WITH":
            name += " WITH " + words[at + 1]
            at += 2
        return name in ALLOWED

    def both():
        nonlocal at
        met = one()
        while peek() == "AND":
            at += 1
            met = one() and met
        return met

    def either():
        nonlocal at
        met = both()
        while peek() == "OR":
            at += 1
            met = both() or met
        return met

    try:
        return either() and at == len(words)
    except (ValueError, IndexError):
        return False


def linked(target):
    """The packages that `target`'s program is made of."""
    answer = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target],
        check=True,
        stdout=subprocess.PIPE,
        cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
    )
    metadata = json.loads(answer.stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    todo, seen = [metadata["resolve"]["root"]], set()
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            for dependency in nodes[node]["deps"]:
                if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                    todo.append(dependency["pkg"])
    return [packages[node] for node in seen]


def self_test():
    cases = {
        "MIT": True,
        "MIT OR GPL-3.0-only": True,
        "GPL-3.0-only": False,
        "MIT AND GPL-3.0-only": False,
        "(MIT OR GPL-2.0) AND ISC": True,
        "MIT/Apache-2.0": True,
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0": True,
        "GPL-2.0 WITH Classpath-exception-2.0": False,
        "": False,
        "MIT OR": False,
        "MIT )": False,
        "(MIT": False,
        "MIT Apache-2.0": False,
    }
    wrong = [expression for expression, right in cases.items() if allowed(expression) != right]
    for expression in wrong:
        print(f"check-licences: judged wrongly: {expression!r}")
    print(f"check-licences: {len(cases)} expressions, {len(wrong)} judged wrongly")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    crates = {(p["name"], p["version"]): p.get("license") for t in TARGETS for p in linked(t)}
    bad = 0
    for (name, version), licence in sorted(crates.items()):
        if not allowed(licence or ""):
            print(f"{name} {version}: licence {licence or 'not stated'} is not on the list in tests/check-licences.py")
            bad += 1
    print(f"check-licences: {len(crates)} crates, {bad} not allowed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
