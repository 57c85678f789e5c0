#!/usr/bin/env python3
"""Checks what cross/build made: each program is for the right machine, static,
stripped, runs, and stays within the size budget.

usage: cross/check.py [--self-test | TARGET=FILE...]
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

# Of each program.
# 40 of it for the health of members and their repair, 40 for what explains the box to its owner: trials
# of files, reports, differences in words, pages for any width, metrics, Raspberry Pi Imager's file.
BUDGET = (760 + 40 + 40) * 1024
AIM = 700 * 1024
# target: ELF class, ELF machine, the emulator that runs it
TARGETS = {
    "aarch64-unknown-linux-musl": (2, 183, "qemu-aarch64-static"),
    "armv7-unknown-linux-musleabihf": (1, 40, "qemu-arm-static"),
}
PT_INTERP, PT_DYNAMIC, SHT_SYMTAB, DT_NEEDED = 3, 2, 2, 1


class Elf:
    def __init__(self, data):
        if data[:4] != b"\x7fELF" or data[5] != 1:
            raise ValueError("is no little-endian ELF file")
        self.data, self.bits = data, data[4]
        self.machine = struct.unpack_from("<H", data, 18)[0]
        wide = self.bits == 2
        header = struct.unpack_from("<QQ" if wide else "<II", data, 32 if wide else 28)
        counts = struct.unpack_from("<HHHH", data, 54 if wide else 42)
        self.segments = [self.segment(header[0] + i * counts[0]) for i in range(counts[1])]
        self.sections = [
            struct.unpack_from("<I", data, header[1] + i * counts[2] + 4)[0]
            for i in range(counts[3])
        ]

    def segment(self, at):
        """type, offset, size in the file"""
        if self.bits == 2:
            kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", self.data, at)
        else:
            kind, offset, _, _, size = struct.unpack_from("<IIIII", self.data, at)
        return kind, offset, size

    def needs_libraries(self):
        entry = "<QQ" if self.bits == 2 else "<II"
        for kind, offset, size in self.segments:
            if kind == PT_DYNAMIC:
                tags = struct.iter_unpack(entry, self.data[offset : offset + size])
                if any(tag == DT_NEEDED for tag, _ in tags):
                    return True
        return False


def faults(target, path):
    """What is wrong with this program; nothing, if all is well."""
    bits, machine, emulator = TARGETS[target]
    with open(path, "rb") as file:
        data = file.read()
    try:
        elf = Elf(data)
    except (ValueError, struct.error) as error:
        yield str(error)
        return
    if (elf.bits, elf.machine) != (bits, machine):
        yield f"is for another machine (ELF class {elf.bits}, machine {elf.machine})"
    if any(kind == PT_INTERP for kind, _, _ in elf.segments) or elf.needs_libraries():
        yield "is not static"
    if SHT_SYMTAB in elf.sections:
        yield "is not stripped"
    if len(data) > BUDGET:
        yield f"has {len(data)} bytes, the budget is {BUDGET}"
    try:
        run = subprocess.run([emulator, path, "--version"], check=False, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        yield "does not run: no end within 60 s"
        return
    if run.returncode != 0 or not run.stdout.startswith("wifibond "):
        yield f"does not run: status {run.returncode}, {run.stdout!r} {run.stderr!r}"


def check(target, path):
    found = list(faults(target, path))
    for fault in found:
        print(f"{path}: {fault}")
    if not found:
        size = os.path.getsize(path)
        note = " (more than the aim of 700 KiB)" if size > AIM else ""
        print(f"{path}: static, stripped, runs, {size} bytes = {size / 1024:.1f} KiB{note}")
    return not found


def self_test():
    """Every fault is found in a program made to have it."""
    target = "aarch64-unknown-linux-musl"
    good = f"target/dist/{target}/wifibond"
    expected = {}
    with tempfile.TemporaryDirectory() as place:
        def variant(name, expects):
            path = os.path.join(place, name)
            shutil.copy(good, path)
            expected[path] = expects
            return path

        with open(variant("large", "the budget is"), "ab") as file:
            file.write(bytes(BUDGET))
        with open(variant("broken", "does not run"), "r+b") as file:
            # All but its headers: where the linker puts what `--version` runs is its own affair.
            file.seek(4096)
            file.write(bytes(os.path.getsize(good) - 4096))
        with open(variant("text", "no little-endian ELF"), "wb") as file:
            file.write(b"#!/bin/sh\n")
        shutil.copy("/bin/true", variant("foreign", "another machine"))
        expected[os.path.join(place, "dynamic")] = "not static"
        shutil.copy("/bin/true", os.path.join(place, "dynamic"))
        source = os.path.join(place, "main.c")
        with open(source, "w") as file:
            file.write("int main(void) { return 0; }\n")
        unstripped = os.path.join(place, "unstripped")
        subprocess.run(["cc", "-static", "-o", unstripped, source], check=True)
        expected[unstripped] = "not stripped"
        for path, expects in expected.items():
            found = list(faults(target, path))
            if not any(expects in fault for fault in found):
                sys.exit(f"cross/check.py: no {expects!r} for {path}: {found}")
        if list(faults(target, good)):
            sys.exit(f"cross/check.py: {good} is not good: {list(faults(target, good))}")
    print(f"cross/check.py finds all {len(expected)} faults made for it")


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    if not shutil.which("qemu-arm-static"):
        print("Installing qemu-user-static: runs the programs for the check", file=sys.stderr)
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        for words in (["update"], ["-y", "--no-install-recommends", "install", "qemu-user-static"]):
            subprocess.run([*sudo, "apt-get", "-qq", *words], check="install" in words, stdin=subprocess.DEVNULL)
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    pairs = [argument.split("=", 1) for argument in sys.argv[1:]]
    pairs = pairs or [(target, f"target/dist/{target}/wifibond") for target in TARGETS]
    results = [check(target, path) for target, path in pairs]
    if not all(results):
        sys.exit(1)


main()
