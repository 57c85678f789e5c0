#!/usr/bin/env python3
"""The first command of the README as a person meets it: board/emulated/run in a terminal of its
own, its tour looked at, its prompt typed at and read. One boot for all tests, which run in their
order, up to the first that fails; all that the terminal showed follows then.

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
import unittest
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
                raise AssertionError(f"not within {limit} s: {text!r}")
            if not self.pump(1):
                raise AssertionError(f"it ended before {text!r}")
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
        raise AssertionError(f"it does not end within {limit} s")

    def kill(self):
        if self.pid:
            os.killpg(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)


class Prompt(unittest.TestCase):
    terminal = None

    def until(self, line, text, limit=ANSWER):
        """Asks again until `text` is in the answer."""
        end = time.monotonic() + limit
        while text not in (answer := self.terminal.ask(line)):
            if time.monotonic() > end:
                self.fail(f"{line}: no {text!r} within {limit} s: {answer}")
            time.sleep(3)

    def the_tour_goes_all_the_way(self):
        t = self.terminal
        # Who waits types: the prompt works all the same. The first keys may be echoed by this terminal,
        # before the machine has it.
        t.wait("Booting", TOUR)
        t.type("typed at once\r" * 4)
        time.sleep(10)
        t.type("what is typed too early\r" * 4)
        tour = t.wait(PROMPT, TOUR)
        if "too early" in tour:
            self.fail("what was typed before the system was up is on the screen")
        if "did not happen" in tour:
            self.fail("a step of the tour did not happen")
        for step in range(1, 6):
            self.assertIn(f"\n{step}. ", tour)
        for shown in ["wlan0 -> wlan1", "wlan1 -> wlan0", "eth0: unplugged", "This is the Pi."]:
            self.assertIn(shown, tour)
        taken = re.search(r"takes (\d+) KiB of memory", tour)
        if not taken or int(taken[1]) > MEMORY:
            self.fail(f"the tour's figure of its memory: {taken and taken[0]!r}, and the bar is {MEMORY}")

    def the_prompt_answers(self):
        t = self.terminal
        self.assertIn("6 times 7 is 42", t.ask("echo 6 times 7 is $((6 * 7))"))
        if "job control" in t.seen:
            self.fail("the shell has no job control")

    def status_and_both_hands(self):
        t = self.terminal
        self.until("wifibond status", "ONLINE through eth0")
        self.assertIn("wlan0 is active", t.ask("wifibond status"))
        t.ask("adapter pull wlan0")
        self.until("wifibond status", "wlan1 is active")
        t.ask("cable pull")
        self.until("wifibond status", "ONLINE through bond0")
        t.ask("cable plug")
        t.ask("adapter plug wlan0")
        self.until("wifibond status", "ONLINE through eth0")

    def what_people_type_is_there(self):
        t = self.terminal
        for word in PROGRAMS:
            self.assertIn(f"/{word}", t.ask(f"type -P {word}"))
        # Not alone: wait-online, and what publishes for it, have the same name.
        self.assertIn(t.ask("systemctl show --value -p MainPID wifibond"), t.ask("pidof wifibond").split())
        self.assertIn("wifibond", t.ask("ps -C wifibond -o comm="))
        self.assertIn("load average", t.ask("top -b -n 1 | head -n 1"))
        self.assertIn("wifibond", t.ask("journalctl --no-pager -u wifibond | tail -n 3"))
        self.assertIn("1 received", t.ask("ping -c 1 -W 2 192.168.43.1 | grep received"))
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
            self.assertIn("back from it", t.ask("echo back from it"))

    def the_keyboard_works(self):
        t = self.terminal
        self.assertIn(f"{ROWS} {COLUMNS}", t.ask("stty size"))
        # The word comes from the process that Ctrl-C is for: the shell's own, and the interrupt could
        # reach the shell while it starts the other.
        t.type("sh -c 'echo now; exec sleep infinity'\r")
        t.wait("exec sleep infinity'")
        t.wait("now")
        t.type("\x03")
        t.wait(PROMPT)
        self.assertIn("130", t.ask("echo $?"))
        t.type("ls /boot/wifib\t")
        t.wait("/boot/wifibond.json")
        t.type("\r")
        t.wait(PROMPT)

    def nothing_else_lands_in_it(self):
        t = self.terminal
        # QEMU's own lines, and the kernel's.
        for noise in [r"usbnet:", r"qemu-system", r"^\[ *\d+\.\d{6}\]"]:
            if found := re.search(f"{noise}.*", t.seen, re.M):
                self.fail(f"on the screen is {found[0]!r}")

    def poweroff_ends_it(self):
        t = self.terminal
        t.type("poweroff\r")
        status = t.end(ANSWER)
        if status != 0:
            self.fail(f"it ends with status {status}")
        if termios.tcgetattr(t.fd) != t.before:
            self.fail("the terminal is not as it was")


# In this order: each goes on where the one before left the machine.
TESTS = [Prompt.the_tour_goes_all_the_way, Prompt.the_prompt_answers, Prompt.status_and_both_hands,
         Prompt.what_people_type_is_there, Prompt.the_keyboard_works, Prompt.nothing_else_lands_in_it,
         Prompt.poweroff_ends_it]  # fmt: skip


def main():
    # The Pi goes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tests = unittest.TestSuite(Prompt(test.__name__) for test in TESTS)
    Prompt.terminal = Terminal(["board/emulated/run"])
    try:
        result = unittest.TextTestRunner(verbosity=2, failfast=True).run(tests)
    finally:
        Prompt.terminal.kill()
    if not result.wasSuccessful():
        print(f"---- the terminal\n{Prompt.terminal.seen}")
    return 0 if result.wasSuccessful() else 1


sys.exit(main())
