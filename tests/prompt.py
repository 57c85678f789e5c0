#!/usr/bin/env python3
"""The first command of the README as a person meets it: board/emulated/run in a terminal of its
own, its tour looked at, its prompt typed at and read. One boot for all. Prints its results as
cargo's tests do; all that the terminal showed follows when one of them fails.

usage: tests/prompt.py
"""

import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS, COLUMNS = 33, 101
PROMPT = "pi:~# "
# In seconds of ours: builds, a card, a boot and the tour; then an answer. The machine has a time
# of its own (board/emulated/card.py); these only end what has come to a stop.
TOUR, ANSWER = 1400, 120
# KiB of memory (PSS of both processes) that the tour may show.
MEMORY = 1228
PROGRAMS = ["clear", "ps", "pidof", "less", "top", "ip", "ping", "journalctl", "grep", "vi", "dmesg", "reset",
            "resize", "traceroute", "rfkill"]  # fmt: skip
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78])|\r")
UNFINISHED = re.compile(rb"(\x1b(\[[0-9;?]*|[()])?|[\xc0-\xff][\x80-\xbf]{0,2})?\Z")


class Fault(Exception):
    pass


class Terminal:
    def __init__(self, command):
        self.seen, self.read_to, self.rest = "", 0, b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ["TERM"] = "linux"
            os.execv(command[0], command)
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(self.fd)

    def pump(self, seconds):
        """Takes what there is; False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            new = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has the other side any more
            return False
        # A sequence, or a character, may come in two pieces.
        new = self.rest + new
        whole = UNFINISHED.search(new).start()
        self.rest = new[whole:]
        self.seen += ESCAPES.sub("", new[:whole].decode(errors="replace"))
        return True

    def wait(self, text, limit=ANSWER):
        """Reads until `text` has come; what came before it."""
        end = time.monotonic() + limit
        while (at := self.seen.find(text, self.read_to)) < 0:
            if time.monotonic() > end:
                raise Fault(f"not within {limit} s: {text!r}")
            if not self.pump(1):
                raise Fault(f"it ended before {text!r}")
        before, self.read_to = self.seen[self.read_to : at], at + len(text)
        return before

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def ask(self, line, limit=ANSWER):
        """A line, and what the prompt answers."""
        self.type(line + "\r")
        self.wait(line)
        return self.wait(PROMPT, limit).strip()

    def end(self, limit):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            alive = self.pump(0.2)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = None
                return os.waitstatus_to_exitcode(status)
            if not alive:
                time.sleep(0.2)
        raise Fault(f"it does not end within {limit} s")

    def kill(self):
        if self.pid:
            os.killpg(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)


def until(terminal, line, text, limit=ANSWER):
    """Asks again until `text` is in the answer."""
    end = time.monotonic() + limit
    while text not in (answer := terminal.ask(line)):
        if time.monotonic() > end:
            raise Fault(f"{line}: no {text!r} within {limit} s: {answer}")
        time.sleep(3)


def expect(answer, text):
    if text not in answer:
        raise Fault(f"no {text!r} in: {answer}")


def the_tour_goes_all_the_way(t):
    tour = t.wait(PROMPT, TOUR)
    if "did not happen" in tour:
        raise Fault("a step of the tour did not happen")
    for step in range(1, 6):
        expect(tour, f"\n{step}. ")
    for shown in ["wlan0 -> wlan1", "wlan1 -> wlan0", "eth0: unplugged", "This is the Pi."]:
        expect(tour, shown)
    taken = re.search(r"takes (\d+) KiB of memory", tour)
    if not taken or int(taken[1]) > MEMORY:
        raise Fault(f"the tour's figure of its memory: {taken and taken[0]!r}, and the bar is {MEMORY}")


def the_prompt_answers(t):
    expect(t.ask("echo 6 times 7 is $((6 * 7))"), "6 times 7 is 42")
    if "job control" in t.seen:
        raise Fault("the shell has no job control")


def status_and_both_hands(t):
    until(t, "wifibond status", "ONLINE through eth0")
    expect(t.ask("wifibond status"), "wlan0 is active")
    t.ask("adapter pull wlan0")
    until(t, "wifibond status", "wlan1 is active")
    t.ask("cable pull")
    until(t, "wifibond status", "ONLINE through bond0")
    t.ask("cable plug")
    t.ask("adapter plug wlan0")
    until(t, "wifibond status", "ONLINE through eth0")


def what_people_type_is_there(t):
    for word in PROGRAMS:
        expect(t.ask(f"type -P {word}"), f"/{word}")
    # Not alone: wait-online, and what publishes for it, have the same name.
    expect(t.ask("pidof wifibond").split(), t.ask("systemctl show --value -p MainPID wifibond"))
    expect(t.ask("ps -C wifibond -o comm="), "wifibond")
    expect(t.ask("top -b -n 1 | head -n 1"), "load average")
    expect(t.ask("journalctl --no-pager -u wifibond | tail -n 3"), "wifibond")
    expect(t.ask("ping -c 1 -W 2 192.168.43.1 | grep received"), "1 received")
    # Full-screen programs, and the way out of them.
    for start, shown, leave in [
        ("top", "load average", "q"),
        ("less /etc/fstab", "/boot vfat", "q"),
        ("journalctl -u wifibond | less", "wifibond[", "q"),
        ("vi /etc/fstab", "/boot vfat", ":q!\r"),
    ]:
        t.type(f"{start}\r")
        t.wait(start)
        t.wait(shown)
        t.type(leave)
        t.wait(PROMPT)
        expect(t.ask("echo back from it"), "back from it")


def the_keyboard_works(t):
    expect(t.ask("stty size"), f"{ROWS} {COLUMNS}")
    # The word comes from the process that Ctrl-C is for: the shell's own, and the interrupt could
    # reach the shell while it starts the other.
    t.type("sh -c 'echo now; exec sleep infinity'\r")
    t.wait("exec sleep infinity'")
    t.wait("now")
    t.type("\x03")
    t.wait(PROMPT)
    expect(t.ask("echo $?"), "130")
    t.type("ls /boot/wifib\t")
    t.wait("/boot/wifibond.json")
    t.type("\r")
    t.wait(PROMPT)


def nothing_else_lands_in_it(t):
    # QEMU's own lines, and the kernel's.
    for noise in [r"usbnet:", r"qemu-system", r"^\[ *\d+\.\d{6}\]"]:
        if found := re.search(f"{noise}.*", t.seen, re.M):
            raise Fault(f"on the screen is {found[0]!r}")


def poweroff_ends_it(t):
    t.type("poweroff\r")
    status = t.end(ANSWER)
    if status != 0:
        raise Fault(f"it ends with status {status}")
    if termios.tcgetattr(t.fd) != t.before:
        raise Fault("the terminal is not as it was")


TESTS = [the_tour_goes_all_the_way, the_prompt_answers, status_and_both_hands, what_people_type_is_there,
         the_keyboard_works, nothing_else_lands_in_it, poweroff_ends_it]  # fmt: skip


def main():
    # The Pi goes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    terminal = Terminal(["board/emulated/run"])
    passed = failed = 0
    print(f"running {len(TESTS)} tests")
    try:
        for test in TESTS:
            try:
                test(terminal)
            except Fault as fault:
                print(f"test {test.__name__} ... FAILED\n{fault}")
                failed += 1
                break
            print(f"test {test.__name__} ... ok", flush=True)
            passed += 1
    finally:
        terminal.kill()
    failed += len(TESTS) - passed - failed
    if failed:
        print(f"---- the terminal\n{terminal.seen}")
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed; 0 ignored")
    return 1 if failed else 0


sys.exit(main())
