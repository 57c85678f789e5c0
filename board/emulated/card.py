"""Boots an SD-card image as an emulated Raspberry Pi.

usage: card [--terminal] BOARD CARD.img RIDER
       card --verify BOARD CARD.img

RIDER is a directory that comes along in memory: its bin/ and units/ are there for this boot,
and its script `job` is run when the system is up. The image is not changed by anything that
happens in the machine. The job's exit status is ours; its output, and all that goes to the
serial console, is ours too. Words for this side of the machine are lines of the job:

    #host cable pull     pull the USB network adapter out (QMP device_del), for good:
                         this controller of QEMU 7.2 hangs when a device is plugged in
    #host keys on|off    from now on it reads what is typed, or no longer
    #host done STATUS    the job has ended

--verify boots a card of any board as far as `wifibond status`: with the kernel of the
emulated board of the same architecture where the card's own is not for one.
A job may take $WIFIBOND_CARD_TIMEOUT seconds of ours (900). What QEMU itself complains of is shown when
something went wrong.
"""

import gzip
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "image/maker"))

import boards  # noqa: E402
from say import Fault  # noqa: E402

MACHINES = {
    "raspi3b": ["qemu-system-aarch64", "-M", "raspi3b", "-m", "1G"],
    "raspi2b": ["qemu-system-arm", "-M", "raspi2b", "-m", "1G"],
}
# More words for the kernel, as its emulation needs them. The 32-bit kernel protects what it loads,
# and at each unloading then flushes, page by page on all four processors, what lies between its
# modules and its other mappings: 200,000 pages, minutes in the emulator.
WORDS = {"raspi2b": ["rodata=off"]}
# The machine has a time of its own, as in `boot`: what it measures does not depend on how busy this
# computer is, and no deadline passes because this computer is slow. While there is nothing to do,
# its clock goes on to the next timer at once, or at a prompt as fast as ours.
OWN_TIME = ["-accel", "tcg", "-icount", "shift=1,sleep=off", "-rtc", "clock=vm"]
PROMPT_TIME = ["-accel", "tcg", "-icount", "shift=1,sleep=on", "-rtc", "clock=vm"]
EMULATED = {"aarch64": "emulated", "armv7h": "emulated-32"}
# As on the board: a hub, and the network adapter on its first port.
CABLE = "usb-net,netdev=home,id=cable,mac=b8:27:eb:12:34:56,port=1.1"
# What the cable leads to: QEMU's own small network with a DHCP server. QEMU itself has no
# network, so nothing gets further.
HOME = "user,id=home,ipv6=off,net=192.168.0.0/24,host=192.168.0.1,dhcpstart=192.168.0.106"
ALONE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
# 0 is online, 3 is not: both are an answer.
VERIFY = """#!/bin/sh
{colour}
wifibond wait-online --timeout 90
wifibond status
status=$?
[ $status != 3 ] || status=0
[ $status = 0 ] || journalctl --no-pager -b -u 'wifibond*' | tail -n 40
printf '\\n#host done %s\\n' $status
"""


def boot_partition(image):
    """Where it begins, in bytes, by the table of an MBR."""
    with open(image, "rb") as file:
        sector = file.read(512)
    if sector[510:] != b"\x55\xaa":
        raise Fault(f"{image}: has no partition table")
    return int.from_bytes(sector[454:458], "little") * 512


def from_boot(image, name):
    """A file on the boot partition, as the board's firmware reads it."""
    done = subprocess.run(["mtype", "-i", f"{image}@@{boot_partition(image)}", f"::/{name}"],
                          check=False, capture_output=True)  # fmt: skip
    if done.returncode != 0:
        raise Fault(f"{image}: no {name} on the boot partition: {done.stderr.decode().strip()}")
    return done.stdout


def firmware(image, place):
    """What the firmware makes of config.txt: kernel, first root, device tree, command line."""
    files = {}
    for line in from_boot(image, "config.txt").decode().splitlines():
        if match := re.match(r"(kernel|device_tree|initramfs)[= ](\S+)", line):
            files[match[1]] = place / match[1]
            files[match[1]].write_bytes(from_boot(image, match[2]))
    return files, from_boot(image, "cmdline.txt").decode().strip()


def own_firmware(arch, place, rider):
    """The same of the emulated board's root file system, for a card that has another kernel.
    Its modules come along in the rider, for the card has those of its own alone."""
    tarball = subprocess.run([HERE / "rootfs", arch], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["tar", "-xf", tarball, "-C", place, "./boot", "./usr/lib/modules"], check=True)
    (place / "usr/lib/modules").rename(rider / "modules")
    boot = place / "boot"
    words = dict(re.findall(r"^(kernel|device_tree)=(\S+)", (boot / "config.txt").read_text(), re.M))
    files = {word: boot / name for word, name in words.items()} | {"initramfs": boot / "initramfs-linux.img"}
    return files, (boot / "cmdline.txt").read_text().strip()


def prepare(tree):
    """What the firmware makes of the device tree, and a console of its own. The board's Bluetooth
    chip is at the other end of the serial line that is the console here, and the kernel's driver
    would read all that is typed (drivers/tty/serdev). Random numbers to begin with are in
    /chosen/rng-seed, as the firmware of a Pi puts them there: without them the kernel makes its
    own, which takes some seconds of all processors in the emulator."""
    line = "/soc/serial@7e201000"
    listed = subprocess.run(["fdtget", "-l", tree, line], check=False, capture_output=True, text=True)
    if "bluetooth" in listed.stdout.split():
        subprocess.run(["fdtput", "-r", tree, f"{line}/bluetooth"], check=True)
    seed = [f"{octet:x}" for octet in os.urandom(64)]
    subprocess.run(["fdtput", "-p", "-t", "bx", tree, "/chosen", "rng-seed", *seed], check=True)


def pack(rider, out):
    """The rider as an archive in the kernel's format, appended to the first root."""
    names = subprocess.run(["find", rider.name], cwd=rider.parent, capture_output=True, check=True).stdout
    archive = subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=rider.parent, input=names,
                             capture_output=True, check=True).stdout
    with open(out, "ab") as file:
        file.write(gzip.compress(archive, 1))


def furnish(rider):
    """The units that run the job; no login prompt gets in its way."""
    units = rider / "units"
    wants = units / "multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (units / "serial-getty@ttyAMA0.service").symlink_to("/dev/null")
    (units / "rider.service").write_text(
        "[Unit]\nDescription=Job of the emulator\n[Service]\nType=simple\n"
        "Environment=PATH=/run/rider/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\n"
        "Environment=TERM=linux HOME=/root\nWorkingDirectory=/root\nExecStart=/bin/bash /run/rider/job\n"
        "StandardInput=tty-force\nStandardOutput=tty\nStandardError=tty\nTTYPath=/dev/console\n"
    )
    (wants / "rider.service").symlink_to("../rider.service")


class Keyboard:
    """Takes what is typed to the machine while that reads it. What comes before its system is up would
    fill the serial line's buffer, and QEMU 7.2 raises no interrupt for a buffer that is full when
    the kernel begins to look at it (pl011_put_fifo in hw/char/pl011.c): the prompt would be dead. Ctrl-A and
    what follows it is for QEMU, always."""

    def __init__(self):
        self.reads = False
        self.before = termios.tcgetattr(0) if os.isatty(0) else None
        self.theirs, self.ours = os.pipe()
        if self.before:
            tty.setraw(0)
            raw = termios.tcgetattr(0)
            raw[1] |= termios.OPOST
            termios.tcsetattr(0, termios.TCSANOW, raw)
        # Not waited for at the end: it may be waiting for a key.
        threading.Thread(target=self.carry, daemon=True).start()

    def carry(self):
        command = False
        while True:
            # QEMU makes its output non-blocking, which is the same terminal.
            select.select([0], [], [])
            try:
                typed = os.read(0, 512)
            except BlockingIOError:
                continue
            if not typed:
                break
            taken = bytearray()
            for octet in typed:
                begins = octet == 1 and not command
                if self.reads or begins or command:
                    taken.append(octet)
                command = begins
            try:
                os.write(self.ours, taken)
            except OSError:
                return
        os.close(self.ours)

    def end(self):
        if self.before:
            termios.tcsetattr(0, termios.TCSADRAIN, self.before)


class Machine:
    def __init__(self, words, place, terminal):
        self.place, self.console = place, place / "console"
        self.console.touch()
        self.qmp = None
        self.keyboard = Keyboard() if terminal else None
        if terminal:
            serial = ["-chardev", f"stdio,mux=on,signal=off,id=serial,logfile={self.console}",
                      "-serial", "chardev:serial", "-mon", "chardev=serial,mode=readline"]  # fmt: skip
        else:
            serial = ["-serial", f"file:{self.console}", "-monitor", "none"]
        self.complaints = open(place / "complaints", "w+", errors="replace")  # noqa: SIM115 (read at the end)
        self.process = subprocess.Popen(
            [*ALONE, *words, *serial, "-qmp", f"unix:{place}/qmp,server=on,wait=off"],
            stdin=self.keyboard.theirs if terminal else subprocess.DEVNULL,
            stderr=self.complaints,
        )

    def command(self, execute, **arguments):
        if self.qmp is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(f"{self.place}/qmp")
            self.qmp = connection.makefile("rw")
            self.qmp.readline()
            self.command("qmp_capabilities")
        self.qmp.write(json.dumps({"execute": execute, "arguments": arguments}) + "\n")
        self.qmp.flush()
        while line := self.qmp.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise Fault(f"QEMU: {execute}: {answer['error']['desc']}")
            if "return" in answer:
                return
        raise Fault(f"QEMU ended at {execute}")

    def follow(self, limit, show):
        """Until the job is done: its status."""
        until = time.monotonic() + limit
        rest = b""
        with open(self.console, "rb") as console:
            while True:
                new = console.read()
                if show and new:
                    sys.stdout.buffer.write(new)
                    sys.stdout.buffer.flush()
                *lines, rest = (rest + new).split(b"\n")
                for line in lines:
                    match = re.search(rb"#host (?:cable pull|done (\d+)|keys (on|off))", line)
                    if match and match[1]:
                        return int(match[1])
                    if match and match[2]:
                        if self.keyboard:
                            self.keyboard.reads = match[2] == b"on"
                    elif match:
                        self.command("device_del", id="cable")
                if new:
                    continue
                if self.process.poll() is not None:
                    if not show and self.process.returncode == 0:
                        return 0  # left with Ctrl-A X
                    print("card: the machine ended before its job did", file=sys.stderr)
                    return 125
                if time.monotonic() > until:
                    print(f"card: the machine was still busy after {limit} s", file=sys.stderr)
                    return 124
                time.sleep(0.05)

    def end(self):
        self.process.terminate()
        self.process.wait()
        if self.keyboard:
            self.keyboard.end()

    def complain(self):
        self.complaints.seek(0)
        sys.stderr.write(self.complaints.read()[-4000:])


def boot(data, image, rider, place, terminal):
    furnish(rider)
    if "machine" in data:
        files, line = firmware(image, place)
    else:
        files, line = own_firmware(data["arch"], place, rider)
        data = data | {"machine": boards.load(EMULATED[data["arch"]])["machine"]}
    prepare(files["device_tree"])
    first = place / "first-root"
    shutil.copy(files["initramfs"], first)
    pack(rider, first)
    # The emulator wants a card's size to be a power of two.
    size = 1 << (image.stat().st_size - 1).bit_length()
    card = place / "card.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.resolve(), card, str(size)], check=True)
    machine = Machine([
        *MACHINES[data["machine"]], *(PROMPT_TIME if terminal else OWN_TIME), "-display", "none",
        "-kernel", files["kernel"], "-dtb", files["device_tree"], "-initrd", first, "-append", " ".join([line, *WORDS.get(data["machine"], [])]),
        "-drive", f"file={card},if=sd,format=qcow2", "-netdev", HOME, "-device", "usb-hub,port=1", "-device", CABLE,
    ], place, terminal)  # fmt: skip
    try:
        limit = float("inf") if terminal else int(os.environ.get("WIFIBOND_CARD_TIMEOUT", "900"))
        status = machine.follow(limit, not terminal)
    finally:
        machine.end()
    if status != 0:
        machine.complain()
    return status


def main(words):
    terminal = words[:1] == ["--terminal"]
    verify = words[:1] == ["--verify"]
    words = words[terminal or verify :]
    if len(words) != (2 if verify else 3):
        raise Fault(__doc__.split("\n\n")[1])
    image = Path(words[1])
    data = boards.load(words[0])
    if not image.is_file():
        raise Fault(f"{image}: there is no such file")
    with tempfile.TemporaryDirectory() as place:
        rider = Path(place) / "rider"
        if verify:
            rider.mkdir()
            (rider / "job").write_text(VERIFY.format(colour="" if sys.stdout.isatty() else "export NO_COLOR=1"))
        else:
            shutil.copytree(words[2], rider, symlinks=True)
        status = boot(data, image, rider, Path(place), terminal)
    if verify and status == 0:
        print(f"card: {image}: it boots, and wifibond answers")
    return status


# The machine ends with us.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
try:
    sys.exit(main(sys.argv[1:]))
except Fault as fault:
    print(f"card: {fault}", file=sys.stderr)
    sys.exit(2)
except KeyboardInterrupt:
    sys.exit(130)
