#!/usr/bin/env python3
"""The libraries as they were built, kept for the next clone.

usage: tests/build_cache.py --self-test

Two thirds of what is built in a fresh clone are libraries and, where rustup has none for the
target, Rust's own: the same each time. They are copied out of target/ after a run that passed,
and into a clone that has no target/ yet. What is ours is never among them. Cargo decides by its
own fingerprints whether a copy is of use, so that one that is not costs no more than its room.
"""

import hashlib
import json
import shutil
import subprocess
import sys

# What decides how libraries are built, beside the compilers.
INPUTS = ("Cargo.lock", "Cargo.toml", ".cargo/config.toml", "cross/cargo", "cross/debian-toolchain", "tests/suite.py")
# In a profile's directory; the rest is the finished programs, and what only serves the next build.
PARTS = ("build", "deps", ".fingerprint")


def key(root):
    """A name for one set of libraries."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((root / name).read_bytes())
    for rustc in ("rustc", "/usr/bin/rustc"):
        try:
            digest.update(subprocess.run([rustc, "-vV"], check=False, capture_output=True).stdout)
        except OSError:
            digest.update(b"none")
    return digest.hexdigest()[:16]


def own_names(root):
    """Names of our packages and their targets, as they stand in names of files."""
    told = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"],
        cwd=root, check=True, capture_output=True)  # fmt: skip
    names = set()
    for package in json.loads(told.stdout)["packages"]:
        for name in [package["name"], *(target["name"] for target in package["targets"])]:
            names |= {name, name.replace("-", "_")}
    return names


def is_own(name, own):
    """Is this file or directory, NAME-HASH or libNAME-HASH.SUFFIX, one of ours?"""
    stem = name.split(".")[0].rpartition("-")[0]
    return not stem or stem in own or stem.removeprefix("lib") in own


def place(cache, root):
    return cache / "libraries" / key(root)


def restore(cache, root):
    """Gives a clone that has built nothing yet the libraries."""
    kept = place(cache, root)
    if kept.is_dir() and not (root / "target").exists():
        print("taking the libraries as built from the cache", flush=True)
        # Never half of them: what stands in target/ is trusted by the next run.
        taking = root / "target.taking"
        shutil.rmtree(taking, ignore_errors=True)
        copy(kept, taking)
        taking.rename(root / "target")


def keep(cache, root):
    """Keeps the libraries of this clone, unless they are kept already. Not to keep them is no
    fault: the next clone builds them."""
    try:
        keep_now(cache, root)
    except (OSError, shutil.Error, subprocess.CalledProcessError) as error:
        print(f"the libraries are not kept: {error}", flush=True)


def keep_now(cache, root):
    kept = place(cache, root)
    if kept.is_dir():
        return
    own = own_names(root)
    making = cache / "libraries" / f"making.{key(root)}"
    shutil.rmtree(making, ignore_errors=True)
    for part in PARTS:
        for source in (root / "target").glob(f"**/{part}"):
            if source.parent.name not in ("debug", "release"):
                continue
            copy(source, making / source.relative_to(root / "target"), lambda _, names: [n for n in names if is_own(n, own)])
    # Those of other versions are of no use any more.
    for old in (cache / "libraries").iterdir():
        if old != making:
            shutil.rmtree(old, ignore_errors=True)
    making.rename(kept)


def copy(source, to, ignore=None):
    """With the times of files, by which cargo compares them. What is inside of a kept directory is
    kept whole."""
    top = str(source)
    shutil.copytree(source, to, symlinks=True, dirs_exist_ok=True,
                    ignore=ignore and (lambda at, names: ignore(at, names) if at == top else []))  # fmt: skip


def self_test():
    own = {"wifibond", "radio", "start_to_ping"}
    for name in ["wifibond-0a1b", "libwifibond-0a1b.rlib", "wifibond-0a1b.d", "start_to_ping-77", "radio-1.d", "wifibond"]:
        if not is_own(name, own):
            sys.exit(f"tests/build_cache.py: {name} is ours")
    for name in ["libserde-0a1b.rlib", "serde-0a1b.d", "netlink-packet-core-e5", "libstd-3b.rmeta", "libserde_derive-77.so"]:
        if is_own(name, own):
            sys.exit(f"tests/build_cache.py: {name} is not ours")
    print("tests/build_cache.py tells libraries from what is ours")


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit(__doc__)
    self_test()
