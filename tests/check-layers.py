#!/usr/bin/env python3
"""Holds the direction of the dependencies inside src/.

usage: tests/check-layers.py [--self-test]

Each module may name only what its rule below leaves open; no two modules import each
other, directly or through others; `unsafe` lives in src/system alone. Paths are resolved as the compiler does it (crate::, self::,
super::, groups, inline modules), so that no spelling slips through.
--self-test seeds one violation after the other and expects each to be found.
"""

import os
import re
import shutil
import sys
import tempfile

OURS = {"commands", "config", "daemon", "engine", "kernel", "system", "wire"}

# What a module must never name: modules of ours, other crates, parts of std.
NEVER = {
    "commands": set(),
    "daemon": {"commands"},
    "system": OURS - {"system"},
    "kernel": {"system", "daemon", "commands"},
    "config": OURS - {"config"},
    "engine": {"system", "daemon", "commands", "kernel"},
    "wire": {"system", "daemon", "commands", "kernel"},
}
# No system call and no clock: what is told to them is all they know.
PURE = {"engine", "wire"}
IMPURE = {"libc", "nix", "netlink_sys", "signal_hook", "sd_notify"}
IMPURE_STD = {"fs", "process", "thread", "env", "os"}

TOKEN = re.compile(
    r"""//[^\n]*
      | /\*
      | b?r(?P<hashes>\#*)".*?"(?P=hashes)
      | b?"(?:\\.|[^"\\])*"
      | b?'(?:\\[^u]|\\u\{[0-9a-fA-F_]+\}|[^'\\])'(?!\w)
      | '[A-Za-z_]\w*
      | (?:r\#)?[A-Za-z_]\w*
      | \d[\w.]*
      | ::
      | [^\s]""",
    re.S | re.X,
)


def tokens(text):
    """(line, token) without comments, strings and lifetimes."""
    found = []
    at = 0
    while match := TOKEN.search(text, at):
        token = match.group()
        line = text.count("\n", 0, match.start()) + 1
        at = match.end()
        if token == "/*":
            depth = 1
            while depth and (edge := re.compile(r"/\*|\*/").search(text, at)):
                depth += 1 if edge.group() == "/*" else -1
                at = edge.end()
        elif token.startswith("//") or token[-1] in "\"'" and len(token) > 1 or token[0] == "'":
            continue
        else:
            found.append((line, token.removeprefix("r#")))
    return found


def is_name(token):
    return token[0].isalpha() or token[0] == "_"


class File:
    def __init__(self, root, path):
        self.shown = os.path.relpath(path, root)
        parts = os.path.relpath(path, os.path.join(root, "src"))[: -len(".rs")].split(os.sep)
        self.module = [p for p in parts if p not in ("mod", "lib", "main")]
        with open(path, encoding="utf-8") as source:
            self.tokens = tokens(source.read())
        self.paths = []  # (line, segments from the crate's root, or of another crate)
        self.shipped = []  # those outside of `mod tests`
        self.inside = []  # the inline modules around us
        self.read()

    def read(self):
        inner = []  # (name, brace depth) of the inline modules around us
        depth = 0
        at = 0
        while at < len(self.tokens):
            line, token = self.tokens[at]
            following = [t for _, t in self.tokens[at + 1 : at + 3]]
            before = self.tokens[at - 1][1] if at else ""
            if token == "{":
                depth += 1
            elif token == "}":
                depth -= 1
                if inner and inner[-1][1] > depth:
                    inner.pop()
            elif token == "mod" and len(following) == 2 and following[1] == "{":
                inner.append((following[0], depth + 1))
            elif is_name(token) and before != "::" and (following[:1] == ["::"] or token in ("crate", "super") and before != "("):
                self.inside = [name for name, _ in inner]
                here = self.module + self.inside
                at = self.tree(at, here, [], first=True)
                continue
            elif is_name(token) and before == "::" and (at < 2 or self.tokens[at - 2][1] in ("use", "{", ",", "(", "=", "<", "&", ":", ";")):
                at = self.tree(at, [], [], first=True)  # ::other_crate::…
                continue
            at += 1

    def tree(self, at, here, path, first=False):
        """Reads one use tree or path from token `at`; the index after it."""
        while at < len(self.tokens):
            line, token = self.tokens[at]
            if token == "{":
                at += 1
                while at < len(self.tokens) and self.tokens[at][1] != "}":
                    at = at + 1 if self.tokens[at][1] == "," else self.tree(at, here, path, first)
                return at + 1
            if token == "*":
                path = path + ["*"]
            elif token in ("crate", "wifibond"):
                path = ["crate"]
            elif token == "self" and first:
                path = ["crate"] + here
            elif token == "super":
                path = (["crate"] + here)[:-1] if first else path[:-1]
            elif is_name(token) and token != "self":
                path = path + [token]
            elif not is_name(token):
                return max(at, 1) if path else at + 1
            first = False
            if at + 1 < len(self.tokens) and self.tokens[at + 1][1] == "::":
                at += 2
                if at < len(self.tokens) and not (is_name(self.tokens[at][1]) or self.tokens[at][1] in "{*"):
                    break  # a turbofish
                continue
            at += 1
            break
        self.paths.append((line, path))
        if "tests" not in self.inside:
            self.shipped.append(path)
        if at < len(self.tokens) and self.tokens[at][1] == "as":
            at += 2
        return at


def faults_of(file):
    top = file.module[0] if file.module else ""
    for line, path in file.paths:
        place = f"{file.shown}:{line}"
        if path[:1] == ["crate"] and top:
            if len(path) == 1 or path[1] == "*":
                yield f"{place}: names the whole crate, which hides what it uses"
            elif path[1] in NEVER.get(top, ()):
                yield f"{place}: {top} must not name {path[1]}"
            elif path[1] != top and path[1] not in OURS:
                yield f"{place}: crate::{path[1]}: name it by its own module"
        elif top in PURE and path[:1] and path[0] in IMPURE:
            yield f"{place}: {top} is pure and must not name {path[0]}"
        elif top in PURE and path[:1] == ["std"] and (path[1:2] or ["*"])[0] in IMPURE_STD | {"*"}:
            yield f"{place}: {top} is pure and must not name std::{(path[1:2] or ['*'])[0]}"
    if top and top not in NEVER:
        yield f"{file.shown}: module {top} has no rule in tests/check-layers.py"

    words = [token for _, token in file.tokens]
    for at, (line, token) in enumerate(file.tokens):
        place = f"{file.shown}:{line}"
        if token == "unsafe" and top != "system":
            yield f"{place}: unsafe outside src/system"
        elif token == "unsafe_code" and words[max(0, at - 2) : at] in (["allow", "("], ["expect", "("], ["warn", "("]):
            if top or words[at + 1 : at + 6] != [")", "]", "pub", "mod", "system"]:
                yield f"{place}: unsafe_code is allowed for system alone, in lib.rs"
        elif token == "path" and words[max(0, at - 2) : at] == ["#", "["]:
            yield f"{place}: #[path] hides where a module lives"
        elif token == "include" and words[at + 1 : at + 2] == ["!"]:
            yield f"{place}: include! hides where code lives"


def imports(files):
    """Which modules each module names. A module and those within it are one: neither counts."""
    modules = {tuple(file.module) for file in files if "tests" not in file.module}
    graph = {module: set() for module in modules}
    for file in files:
        own = tuple(file.module)
        for path in file.shipped:
            named = tuple(path[1:]) if path[:1] == ["crate"] else ()
            while named and named not in modules:
                named = named[:-1]
            shorter = min(len(own), len(named))
            if own in modules and named and own[:shorter] != named[:shorter]:
                graph[own].add(named)
    return graph


def cycles(graph):
    """Modules that import each other, directly or through others; each such group once."""

    def reached(start):
        seen, rest = set(), [start]
        while rest:
            for module in graph[rest.pop()] - seen:
                seen.add(module)
                rest.append(module)
        return seen

    reach = {module: reached(module) for module in graph}
    groups = {frozenset(m for m in reach[one] if one in reach[m]) for one in graph if one in reach[one]}
    for group in sorted(groups, key=sorted):
        names = ", ".join(sorted("::".join(module) for module in group))
        yield f"src: these modules import each other: {names}"


def check(root):
    faults = []
    files = []
    for folder, _, names in sorted(os.walk(os.path.join(root, "src"))):
        for name in sorted(names):
            if name.endswith(".rs"):
                files.append(File(root, os.path.join(folder, name)))
                faults += faults_of(files[-1])
    faults += cycles(imports(files))
    with open(os.path.join(root, "Cargo.toml"), encoding="utf-8") as manifest, open(
        os.path.join(root, "src", "lib.rs"), encoding="utf-8"
    ) as library:
        if not re.search(r'unsafe_code\s*=\s*"(deny|forbid)"', manifest.read()) and "#![deny(unsafe_code)]" not in library.read():
            faults.append("Cargo.toml: unsafe_code is not denied")
    return faults


# (file, line added to it, what must be said)
SEEDS = [
    ("engine/bond.rs", "use crate::system::clock;", "engine must not name system"),
    ("engine/bond.rs", "use crate::{config, system::{clock}};", "engine must not name system"),
    ("engine/bond.rs", "use {crate::{kernel}};", "engine must not name kernel"),
    ("engine/bond.rs", "use super::super::system as s;", "engine must not name system"),
    ("engine/mod.rs", "use super::{daemon};", "engine must not name daemon"),
    ("engine/mod.rs", "mod x { mod y { use super::super::super::commands; } }", "engine must not name commands"),
    ("engine/mod.rs", "fn f() { let x = 'c'; crate\n  :: /* \" */ system::poll(x) }", "engine must not name system"),
    ("engine/mod.rs", "use self::super::system;", "engine must not name system"),
    ("engine/mod.rs", "use crate as c;", "names the whole crate"),
    ("engine/mod.rs", "pub(in crate::engine) use super::*;", "names the whole crate"),
    ("engine/mod.rs", "use r#crate::system;", "engine must not name system"),
    ("engine/mod.rs", "fn f() { ::wifibond::system::x() }", "engine must not name system"),
    ("engine/mod.rs", "use std::{fmt, fs};", "engine is pure"),
    ("engine/mod.rs", "fn f() { nix::unistd::getpid(); }", "engine is pure"),
    ("wire/mod.rs", "use crate::kernel::x;", "wire must not name kernel"),
    ("config/mod.rs", "type X = crate::wire::X;", "config must not name wire"),
    ("kernel/mod.rs", "impl X for Vec<crate::daemon::X> {}", "kernel must not name daemon"),
    ("system/mod.rs", "use crate::engine::Event;", "system must not name engine"),
    ("daemon/mod.rs", "fn f() -> crate::commands::X {}", "daemon must not name commands"),
    ("engine/mod.rs", '#[path = "../system/mod.rs"] mod sneaky;', "#[path] hides"),
    ("engine/mod.rs", 'include!("../system/mod.rs");', "include! hides"),
    ("daemon/mod.rs", "fn f() { unsafe { g() } }", "unsafe outside"),
    ("daemon/mod.rs", "#[allow(unsafe_code)] fn f() {}", "allowed for system alone"),
    ("lib.rs", "#[allow(unsafe_code)] pub mod other;", "allowed for system alone"),
    ("other/mod.rs", "fn f() {}", "no rule"),
]
# (file, line added to it, the modules that import each other then)
CYCLES = [
    ("engine/existing.rs", "use super::member;", "engine::existing, engine::member"),
    ("config/path.rs", "fn f(_: crate::config::scan::X) {}", "config::path, config::scan"),
]
# Lines that only look like violations.
INNOCENT = [
    ("engine/mod.rs", '// crate::system\nconst X: &str = "crate::system \\" unsafe"; /* use crate::kernel; /* */ unsafe */'),
    ("engine/mod.rs", "const Y: &str = r#\"crate::system \" unsafe\"#; fn f<'a>(x: &'a str) -> char { '\"' }"),
    ("engine/mod.rs", "fn system() { system(); let commands = crate::config::types::X::system; }"),
    ("engine/mod.rs", "pub(crate) fn f() { pub(super) struct X; }"),
]


def self_test(root):
    before = check(root)
    bad = 0
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(os.path.join(root, "src"), os.path.join(copy, "src"))
        shutil.copy(os.path.join(root, "Cargo.toml"), copy)
        for name, line, *message in SEEDS + INNOCENT:
            path = os.path.join(copy, "src", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            length = os.path.getsize(path) if os.path.exists(path) else 0
            with open(path, "a", encoding="utf-8") as source:
                source.write("\n" + line + "\n")
            said = [fault for fault in faults_of(File(copy, path)) if fault not in before]
            os.truncate(path, length)
            if not message and said:
                print(f"check-layers: wrongly complained: {said}")
                bad += 1
            elif message and not any(message[0] in fault for fault in said):
                print(f"check-layers: did not find, in {name}: {line}\n  said: {said}")
                bad += 1
        for name, line, group in CYCLES:
            with open(os.path.join(copy, "src", name), "a", encoding="utf-8") as source:
                source.write("\n" + line + "\n")
            said = [fault for fault in check(copy) if fault not in before]
            if not any(fault.endswith(f"import each other: {group}") for fault in said):
                print(f"check-layers: did not find the cycle {group}\n  said: {said}")
                bad += 1
    print(f"check-layers: {len(SEEDS) + len(CYCLES)} seeded violations, {len(INNOCENT)} innocent lines, {bad} judged wrongly")
    return bad


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test(root) else 0
    faults = check(root)
    for fault in faults:
        print(fault)
    print(f"check-layers: {len(faults)} violations")
    return 1 if faults else 0


sys.exit(main())
