"""All tests: those of this computer, then those in emulated Raspberry Pis: of the program, and
of whole SD cards. As many at a time as there are processors.

usage: tests/run [--jobs N] [--minutes N] [--ci] [WORD...]

WORD...      only tests with one of these words in "FILE::NAME", for example `leases`,
             `card`, `leases::short`; the checks of the source are left out then
--jobs N     so many at a time, instead of one for each processor
--minutes N  ends what runs longer than this in all (75); what is left counts as failed
--ci         with all else that must hold: clippy, AddressSanitizer, shellcheck, ruff, the
             check of the builds

In the machine run the tests of what depends on its kernel or processor. Those of the engine do
not (ENGINE below): they run on this computer alone.

A test binary is cut into units of some 240 seconds, by what its tests took the last time
($WIFIBOND_CACHE/durations.json). Each unit of those for the machine boots one. The output of a unit is shown when it fails.
The last line is "N passed, N failed" (and ", N skipped" if some were). A unit that ends
without a word about one of its tests counts as failed.
"""

import argparse
import contextlib
import itertools
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import build_cache

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ["WIFIBOND_CACHE"])
DURATIONS = CACHE / "durations.json"
MACHINE, PI2 = "aarch64-unknown-linux-musl", "armv7-unknown-linux-musleabihf"
# In seconds. A unit's aim, and what a test takes of which nothing is known.
AIM, UNIT_TEST, MACHINE_TEST, CARD, PACKAGES = 240, 0.05, 10, 150, 100
# Those of cards that take much longer: they begin first.
LONG_CARDS = {"a_cold_start_in_32_bits_with_a_file_of_windows": 420, "a_cold_start_a_reboot_and_a_whole_life": 240}
# What an emulated machine takes, in MiB.
MACHINE_MEMORY = 1300
# As libtest says it, and Python's unittest.
REPORTED = re.compile(r"(?:test (?P<name>[^\n]+?)(?: - should panic)?|(?P<method>\w+) \(__main__\.\S+\)) \.\.\. ")
RESULT = re.compile(r"(ok|FAILED|FAIL|ERROR|ignored.*)$", re.M)
DETAILS = re.compile(r"\n(?:failures:|={70})\n")
SUMS = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")
SUMS_OF_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED \((?:failures|errors)=(\d+)\))$", re.M)


@dataclass
class Unit:
    name: str
    command: list
    estimate: float
    after: tuple = ()  # names of units that must have passed
    lane: str | None = None  # of those that share one, one runs at a time
    env: dict = field(default_factory=dict)
    tests: list | None = None  # names that must be reported; None: whatever it reports
    prefix: str | None = None  # of its tests' names; "": they have it; None: it has no tests
    limit: int = 1800
    urgent: bool = False  # others wait for it
    then: object = None  # called with this unit when it has passed: more units
    # afterwards
    output: str = ""
    status: int | None = None
    seconds: float = 0
    cpu: float = 0
    took: dict = field(default_factory=dict)  # seconds, by test

    def full(self, test):
        return whole(self.prefix, test)


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def line(self):
        more = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{more}"


def whole(prefix, test):
    """A test's name as FILE::NAME: those of several files in one binary have it themselves."""
    return f"{prefix}::{test}" if prefix else test


def belongs(kind, prefix, test):
    """Does a test run there?"""
    return not (kind == "machine" and prefix == "lib" and test.startswith(ENGINE))


def judge(unit):
    """Passed, failed and skipped tests of a unit that has ended, and the names of its faults."""
    count, faults = Count(), []
    if unit.prefix is None:
        if unit.status != 0:
            count.failed, faults = 1, [unit.name]
        return count, faults
    told = reported(unit.output)
    for name, result in told:
        if result == "ok":
            count.passed += 1
        elif result == "FAILED":
            count.failed += 1
            faults.append(unit.full(name))
        elif result is not None:
            count.skipped += 1
    ends = [[int(n) for n in end] for end in SUMS.findall(unit.output)]
    for ran, failed in SUMS_OF_UNITTEST.findall(unit.output):
        ends.append([int(ran) - int(failed or 0), int(failed or 0), 0])
    summed = [sum(column) for column in zip(*ends, strict=True)] if ends else None
    ended = {name for name, result in told if result is not None}
    if unit.status == 0 and summed != [count.passed, count.failed, count.skipped]:
        count.failed += 1
        faults.append(f"{unit.name}: its results do not add up: {summed}")
    silent = [name for name in unit.tests or [] if name not in ended]
    for name in silent:
        count.failed += 1
        faults.append(f"{unit.full(name)}: no result")
    if unit.status != 0 and not count.failed:
        count.failed += 1
        faults.append(f"{unit.name}: status {unit.status}")
    return count, faults


def reported(output):
    """[(test, result or None)]; a machine's own words may stand between."""
    body = DETAILS.split(output, maxsplit=1)[0]
    starts = list(REPORTED.finditer(body))
    told = []
    for i, start in enumerate(starts):
        end = starts[i + 1].start() if i + 1 < len(starts) else len(body)
        result = RESULT.search(body, start.end(), end)
        result = result and result[1].split(",")[0]
        told.append((start["name"] or start["method"], "FAILED" if result in ("FAIL", "ERROR") else result))
    return told


class Suite:
    def __init__(self, jobs, until):
        self.jobs, self.until = jobs, until
        self.waiting, self.running, self.ended = [], [], []
        self.broken = set()  # units that failed: what follows them does not run
        self.finished = set()
        self.done = queue.Queue()
        self.processes = {}
        self.count, self.faults = Count(), []

    def add(self, units):
        self.waiting += units

    def run(self):
        while self.waiting or self.running:
            self.give_up_on_followers()
            for unit in sorted(self.waiting, key=lambda u: (not u.urgent, -u.estimate)):
                if len(self.running) < self.jobs and self.may_start(unit):
                    self.waiting.remove(unit)
                    self.running.append(unit)
                    threading.Thread(target=self.carry_out, args=(unit,), daemon=True).start()
            if not self.running:
                if self.waiting and not any(self.broken & set(unit.after) for unit in self.waiting):
                    for unit in self.waiting:
                        self.fault(f"{unit.name}: what has to be before it is missing")
                    return
                continue
            try:
                unit = self.done.get(timeout=max(0.1, self.until - time.monotonic()))
            except queue.Empty:
                self.stop()
                for unit in [*self.running, *self.waiting]:
                    self.fault(f"{unit.name}: no time left for it")
                return
            self.running.remove(unit)
            self.take(unit)

    def may_start(self, unit):
        free = unit.lane is None or all(unit.lane != other.lane for other in self.running)
        return free and all(name in self.finished for name in unit.after)

    def give_up_on_followers(self):
        for unit in [u for u in self.waiting if self.broken & set(u.after)]:
            self.waiting.remove(unit)
            self.broken.add(unit.name)
            self.fault(f"{unit.name}: not run")

    def fault(self, text):
        self.count.failed += 1
        self.faults.append(text)
        print(f"FAILED  {text}", flush=True)

    def take(self, unit):
        self.ended.append(unit)
        count, faults = judge(unit)
        self.count.passed += count.passed
        self.count.failed += count.failed
        self.count.skipped += count.skipped
        self.faults += faults
        word = "FAILED" if count.failed else "ok"
        tests = f" ({count.passed} passed)" if unit.prefix is not None else ""
        print(f"{word:7} {unit.seconds:6.1f} s, processor {unit.cpu:6.1f} s  {unit.name}{tests}", flush=True)
        if count.failed:
            print(unit.output.rstrip("\n"))
            for fault in faults:
                print(f"FAILED  {fault}")
            print(f"---- end of {unit.name}", flush=True)
        if count.failed and unit.prefix is None:
            self.broken.add(unit.name)
            return
        self.finished.add(unit.name)
        if unit.then:
            self.add(unit.then(unit))

    def carry_out(self, unit):
        start = last = time.monotonic()
        lines = []
        try:
            process = subprocess.Popen(
                unit.command, cwd=ROOT, env=os.environ | unit.env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
            self.processes[process.pid] = process
            limit = threading.Timer(unit.limit, lambda: self.kill(process.pid))
            limit.start()
            for line in process.stdout:
                text = line.decode(errors="replace")
                lines.append(text)
                if (told := REPORTED.match(text)) and RESULT.match(text, told.end()):
                    now = time.monotonic()
                    unit.took[told["name"] or told["method"]] = now - last
                    last = now
                elif text.startswith("running "):
                    last = time.monotonic()
            _, status, usage = os.wait4(process.pid, 0)
            limit.cancel()
            del self.processes[process.pid]
            unit.status = process.returncode = os.waitstatus_to_exitcode(status)
            unit.cpu = usage.ru_utime + usage.ru_stime
            if time.monotonic() - start >= unit.limit:
                lines.append(f"\nended after {unit.limit} s\n")
        except Exception as error:  # a unit that cannot be run is a unit that failed
            unit.status = -1
            lines.append(f"{error}\n")
        unit.seconds = time.monotonic() - start
        unit.output = "".join(lines)
        self.done.put(unit)

    def kill(self, pid):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)

    def stop(self):
        for pid in list(self.processes):
            self.kill(pid)
        end = time.monotonic() + 10
        while self.processes and time.monotonic() < end:
            time.sleep(0.1)


class Plan:
    """Which units there are."""

    def __init__(self, words, known, cards):
        self.words, self.known, self.cards = words, known, cards
        self.chosen = 0

    def wanted(self, name):
        return not self.words or any(word in name for word in self.words)

    def cut(self, kind, prefix, names, guess):
        """[(what must have passed before, seconds, names)] of some AIM seconds each. The tests of
        a file stay together where they can."""
        weights = {name: max(0.01, self.known.get(f"{kind} {whole(prefix, name)}", guess)) for name in names}

        def needs(name):
            return AFTER.get(whole(prefix, name).split("::")[0], ())

        for after, some in itertools.groupby(sorted(names, key=lambda name: (needs(name), name)), needs):
            group = list(some)
            seconds = sum(weights[name] for name in group)
            bins = [[after, 0.0, []] for _ in range(max(1, round(seconds / AIM)))]
            before = 0
            for name in group:
                # Its middle decides on which side of a border a test is.
                own = bins[int((before + weights[name] / 2) / seconds * len(bins))]
                own[1] += weights[name]
                own[2].append(name)
                before += weights[name]
            yield from (own for own in bins if own[2])

    def units_of(self, built, given=None):
        """A built unit's test binaries, as units. Their kind is the binary's name, if none is given."""
        for line in built.output.splitlines():
            if not line.startswith('{"reason":"compiler-artifact"'):
                continue
            made = json.loads(line)
            if not (made["profile"]["test"] and made["executable"]):
                continue
            what, binary = made["target"], made["executable"]
            kind = given or what["name"]
            prefix = {"lib": "lib", "bin": "main"}.get(what["kind"][0], what["name"])
            prefix = "" if prefix in MANY_FILES else prefix
            names = self.names(binary, kind)
            chosen = [name for name in names if self.wanted(whole(prefix, name)) and belongs(kind, prefix, name)]
            self.chosen += len(chosen)
            if not chosen:
                continue
            for after, seconds, group in self.grouped(kind, what["name"], prefix, chosen):
                files = group[0] if kind == "card" else ", ".join(dict.fromkeys(whole(prefix, name).split("::")[0] for name in group))
                some = ["--exact", *group] if len(group) < len(names) else []
                yield Unit(f"{kind}: {files}", self.command(kind, binary) + some, seconds, tests=group, prefix=prefix,
                           after=after, env=self.environment(kind))  # fmt: skip

    def grouped(self, kind, binary, prefix, names):
        """[(what must have passed before, seconds, names)]: a unit each."""
        if kind == "card":
            return [(AFTER[kind], self.known.get(f"card card::{name}", LONG_CARDS.get(name, CARD)), [name]) for name in names]
        if kind == "package":
            # The first of them makes what all look at.
            return [(AFTER[kind], PACKAGES, names)]
        return self.cut(kind, prefix, names, MACHINE_TEST if binary == "vm" else UNIT_TEST)

    def names(self, binary, kind):
        emulator = ["qemu-aarch64-static"] if kind == "machine" else []
        done = subprocess.run([*emulator, binary, "--list", "--format", "terse"], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{binary}: its tests cannot be listed: {done.stderr}")
        return [line.removesuffix(": test") for line in done.stdout.splitlines() if line.endswith(": test")]

    def command(self, kind, binary):
        return [str(ROOT / "tests/vm/runner"), binary] if kind == "machine" else [binary]

    def environment(self, kind):
        env = {"CARGO_MANIFEST_DIR": str(ROOT)}
        if kind in ("machine", "package"):
            # One after the other, so that the time between two results is a test's own.
            env["RUST_TEST_THREADS"] = "1"
        if kind == "card":
            env["WIFIBOND_CARDS"] = self.cards
        return env

    def first(self, ci):
        test = ["cargo", "test", "--locked", "--no-run", "--message-format=json-render-diagnostics"]
        machine = [str(ROOT / "cross/cargo"), *test[1:], "--target", MACHINE]
        yield Unit("machine", ["board/emulated/machine"], 1, urgent=True)
        if not self.words or any(word.split("::")[0] not in ("card", "package", "prompt") for word in self.words):
            yield from self.for_binaries(machine, test)
        if ci or any(map(self.wanted, ["package::", "prompt::", *written("card/main.rs"), *written("vm/memory.rs")])):
            yield from self.for_cards(test)
        if self.wanted("prompt::"):
            yield Unit("prompt: the emulated Pi's tour, and its prompt", ["tests/prompt.py"], 250, AFTER["card"], prefix="prompt",
                       tests=re.findall(r"Prompt\.(\w+)[],]", (ROOT / "tests/prompt.py").read_text()))  # fmt: skip
        if not self.words:
            yield Unit("checks of the source", ["bash", "-c", CHECKS], 5)
            yield Unit("documentation's examples", ["cargo", "test", "--locked", "--doc"], 20, lane="debug", prefix="doc")
        if ci:
            yield Unit("clippy", ["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], 60, lane="debug")
            yield Unit("benchmarks compile", ["bash", "-c", BENCHMARKS], 60, ("tests for the machine",), lane="debug")
            yield Unit("system calls under AddressSanitizer", ["bash", "-c", SANITIZER], 120, prefix="sanitizer",
                       tests=["system::packet::tests::two_starts_have_two_seeds"],
                       # Optimising takes several times as long as what it saves in these tests.
                       env={"CARGO_PROFILE_DEV_OPT_LEVEL": "0", "RUSTC_BOOTSTRAP": "1", "RUST_MIN_STACK": str(32 << 20)})  # fmt: skip
            yield Unit("shellcheck", ["tests/lint", "shell"], 15)
            yield Unit("ruff", ["tests/lint", "python"], 5)
            yield Unit("cross check: static, stripped, runs, small", ["bash", "-c", CROSS_CHECK], 10, ("builds for the Pi",))

    def for_binaries(self, machine, test):
        yield Unit("tests for the machine", machine, 900, ("machine",), lane="debug", urgent=True,
                   then=lambda unit: self.units_of(unit, "machine"))  # fmt: skip
        yield Unit("tests on this computer", test, 500, lane="debug", urgent=True,
                   then=lambda unit: self.units_of(unit, "here"))  # fmt: skip

    def for_cards(self, test):
        yield Unit("builds for the Pi", ["bash", "-c", BUILDS], 400, lane="release", urgent=True)
        yield Unit("cards: root file systems", ["bash", "-c", ROOTS], 60, ("machine",), urgent=True)
        yield Unit("tests of cards and packages", [*test, "--test", "card", "--test", "package"], 100, lane="debug", urgent=True,
                   then=self.units_of)  # fmt: skip


def written(path):
    """The tests in a file, before it is built."""
    path = ROOT / "tests" / path
    file = path.parent.name if path.stem == "main" else path.stem
    text = path.read_text()
    return [f"{file}::{name}" for name in re.findall(r"#\[test\]\nfn (\w+)", text)]


# The engine has no system calls and no clock, which tests/check-layers.py holds, and reads no
# octets: its tests have the same result on every processor. In the machine they take minutes.
ENGINE = "engine::"
# Binaries with a module for each file of tests.
MANY_FILES = ("vm", "host")
# What the tests of a file need beside their binary.
AFTER = {
    "card": ("builds for the Pi", "cards: root file systems"),
    "package": ("builds for the Pi",),
    "memory": ("builds for the Pi",),
}
CHECKS = "python3 -B tests/suite.py --self-test && tests/build_cache.py --self-test && tests/check-layers.py --self-test && tests/check-layers.py && tests/check-licences.py --self-test && tests/check-licences.py"
# With a target named, what runs while building has no sanitizer.
SANITIZER = """RUSTFLAGS=-Zsanitizer=address cargo test --locked --lib --target-dir target/sanitizer \
    --target $(rustc -vV | sed -n 's/^host: //p') -- system::"""
# "All targets" are those that `cargo test` runs: not the benchmarks.
BENCHMARKS = """
cargo clippy --locked --test wakeup -- -D warnings &&
cross/cargo check --locked --target aarch64-unknown-linux-musl \\
    --test failover --test golden --test health --test joining --test lease --test start_to_ping --test versions
"""
CROSS_CHECK = "cross/check.py --self-test && cross/check.py"
ROOTS = "tests/setup image card && board/emulated/rootfs aarch64 && board/emulated/rootfs armv7h"
BUILDS = f"""cross/build &&
    for target in {MACHINE} {PI2}; do
        cross/cargo build --locked --release --target $target --package radio || exit
    done"""


def memory_for():
    """How many machines the memory is enough for."""
    available = re.search(r"MemAvailable: *(\d+) kB", Path("/proc/meminfo").read_text())
    return max(1, int(available[1]) // 1024 // MACHINE_MEMORY)


def table(suite):
    tests = [(took, unit.full(name)) for unit in suite.ended for name, took in unit.took.items()]
    print("\nThe ten longest tests:")
    for took, name in sorted(tests, reverse=True)[:10]:
        print(f"  {took:6.1f} s  {name}")
    print("The ten longest units (processor time):")
    for unit in sorted(suite.ended, key=lambda u: -u.cpu)[:10]:
        print(f"  {unit.cpu:6.1f} s of {unit.seconds:6.1f} s  {unit.name}")


def remember(suite, known):
    for unit in suite.ended:
        kind = unit.name.split(":")[0]
        # What others took of the processors is no part of it.
        share = min(1, unit.cpu / unit.seconds)
        known |= {f"{kind} {unit.full(name)}": round(took * share, 2) for name, took in unit.took.items()}
    DURATIONS.write_text(json.dumps(known, indent=0, sort_keys=True))


def recall():
    try:
        return json.loads(DURATIONS.read_text())
    except (OSError, ValueError):
        return {}


def self_test():
    """Nothing that went wrong in a unit counts as passed."""
    good = "running 2 tests\ntest a ... ok\ntest b ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured\n"
    python = "a (__main__.T.a) ... ok\nb (__main__.T.b) ... ok\n\n" + "-" * 70 + "\nRan 2 tests in 0.1s\n\nOK\n"
    cases = {
        "all well": (good, 0, (2, 0, 0)),
        "a machine's words between": (good.replace("a ... ok", "a ... hwsim: noise\nok"), 0, (2, 0, 0)),
        "a failure": (
            "test a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\ntest c ... ok\n"
            "\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured\n", 101, (1, 1, 0)),
        "one left out": (good.replace("b ... ok", "b ... ignored, why").replace("2 passed; 0 failed; 0", "1 passed; 0 failed; 1"), 0, (1, 0, 1)),
        "a crash in the midst": ("test a ... ok\ntest b ... ", 139, (1, 1, 0)),
        "an end without results": ("", 0, (0, 3, 0)),
        "no word about one": (good.replace("test b ... ok\n", ""), 0, (1, 2, 0)),
        "a failure after all tests": (good, 1, (2, 1, 0)),
        "Python's": (python, 0, (2, 0, 0)),
        "a failure of Python's": (
            python.replace("b (__main__.T.b) ... ok", "b (__main__.T.b) ... FAIL\n\n" + "=" * 70 + "\nFAIL: b (__main__.T.b)\n")
            .replace("OK", "FAILED (failures=1)"), 1, (1, 1, 0)),
        "one that Python left out": (python.replace("b (__main__.T.b) ... ok\n", "").replace("Ran 2", "Ran 1"), 0, (1, 1, 0)),
        "Python's sum is another": (python.replace("Ran 2", "Ran 1"), 0, (2, 1, 0)),
    }  # fmt: skip
    for name, (output, status, expected) in cases.items():
        unit = Unit("unit", [], 1, tests=["a", "b"], prefix="x", output=output, status=status)
        count, faults = judge(unit)
        if (count.passed, count.failed, count.skipped) != expected or len(faults) != count.failed:
            sys.exit(f"tests/suite.py: {name}: {count}, {faults}")
    if judge(Unit("step", [], 1, status=1))[0].failed != 1 or judge(Unit("step", [], 1, status=0))[0].failed != 0:
        sys.exit("tests/suite.py: a step that fails does not count")
    if not belongs("here", "lib", "engine::a") or not belongs("machine", "lib", "kernel::a") or belongs("machine", "lib", "engine::a"):
        sys.exit("tests/suite.py: the tests of the engine run on this computer, and there alone")
    print(f"tests/suite.py counts {len(cases)} cases as it should")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    parser = argparse.ArgumentParser(prog="tests/run", usage=__doc__.split("usage: ")[1])
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, memory_for()))
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--ci", action="store_true")
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    start = time.monotonic()
    if given.ci:
        # Nothing is built twice there.
        os.environ["CARGO_INCREMENTAL"] = "0"
        build_cache.restore(CACHE, ROOT)
    known = recall()
    cards = tempfile.mkdtemp(prefix="wifibond-cards.")
    suite = Suite(given.jobs, start + given.minutes * 60)
    plan = Plan(given.words, known, cards)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        suite.add(list(plan.first(given.ci)))
        suite.run()
    finally:
        suite.stop()
        shutil.rmtree(cards, ignore_errors=True)
    remember(suite, known)
    if given.ci and not given.words and not suite.count.failed:
        build_cache.keep(CACHE, ROOT)
    table(suite)
    if not any(unit.name.startswith("machine: ") for unit in suite.ended) and not given.words:
        suite.fault("no test ran in the machine")
    if suite.count.passed + suite.count.failed == 0:
        suite.fault("no test has such a name")
    cpu = sum(unit.cpu for unit in suite.ended)
    print(f"\n{time.monotonic() - start:.0f} s, {cpu:.0f} s of processor time, {given.jobs} at a time")
    for fault in suite.faults:
        print(f"Failed: {fault}")
    print(suite.count.line())
    return 1 if suite.count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
