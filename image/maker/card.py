"""An SD-card image from a root file system: partition table, FAT boot partition, ext4 root.

All of it runs under fakeroot: owners and modes are kept without root rights."""
import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import overlay
from boards import ROOT
from say import Fault, run, step
from tree import Tree

MIB = 1024 * 1024
ALIGN = 4 * MIB  # erase blocks of SD cards
BOOT = 256 * MIB
ROOT_SPARE = 256 * MIB


def parse_size(text):
    match = re.fullmatch(r"(\d+)([MG])", text)
    if not match:
        raise Fault(f"--size {text}: write it as 3500M or 4G")
    return int(match[1]) * {"M": MIB, "G": 1024 * MIB}[match[2]]


class Card:
    def __init__(self, board, arguments, program):
        self.board, self.arguments, self.program = board, arguments, program
        self.out = Path(arguments.out)

    def build(self):
        tarball = Path(self.arguments.rootfs)
        if not tarball.is_file():
            raise Fault(f"--rootfs {tarball}: there is no such file; it is what archlinuxarm.org offers for the board")
        if not self.out.parent.is_dir():
            raise Fault(f"--out {self.out}: there is no directory {self.out.parent}")
        with tempfile.TemporaryDirectory(prefix=".card-", dir=self.out.parent) as place:
            self.work, self.tree = Path(place), Tree(Path(place) / "tree")
            self.tree.root.mkdir()
            self.unpack(tarball)
            self.examine()
            self.identify(tarball)
            step("adding wifibond")
            self.furnish()
            self.assemble()

    def unpack(self, tarball):
        step(f"unpacking {tarball.name}")
        self.need_space(tarball.stat().st_size * 6)
        try:
            self.untar(tarball, self.tree.root, "--xattrs", "--xattrs-include=*")
            for package in self.arguments.add:
                step(f"unpacking {Path(package).name}")
                # By itself first: tar would follow the links that are in the tree.
                with tempfile.TemporaryDirectory(dir=self.work) as alone:
                    self.untar(package, alone, "--anchored", "--exclude=.[A-Z]*")
                    self.tree.merge(alone)
        except Fault as fault:
            raise Fault(f"this is no tarball that can be used: {fault}") from None

    def untar(self, tarball, place, *more):
        # A ':' in a name is a part of it, no name of another computer.
        run("tar", "--force-local", "-xpf", tarball, "-C", place, "--numeric-owner", *more)

    def need_space(self, count):
        free = shutil.disk_usage(self.work).free
        if free < count:
            raise Fault(f"{self.work.parent}: {free // MIB} MiB are free, about {count // MIB} MiB are needed")

    def examine(self):
        """What the root file system must have."""
        tree, lacking = self.tree, []
        init = tree.resolve("usr/lib/systemd/systemd")
        if not init.is_file():
            raise Fault("the root file system has no /usr/lib/systemd/systemd: Arch Linux ARM's is expected, with merged /usr")
        header = init.read_bytes()[:20]
        machine = {183: "aarch64", 40: "armv7h"}.get(int.from_bytes(header[18:20], "little"), "another architecture")
        if machine != self.board["arch"]:
            raise Fault(f"the root file system is for {machine}, the board needs {self.board['arch']}")
        if not any(tree.resolve(f"{directory}/wpa_supplicant").exists() for directory in ("usr/bin", "usr/sbin")):
            lacking.append("wpa_supplicant (package wpa_supplicant)")
        kernels = tree.resolve("usr/lib/modules")
        modules = [path.name for path in kernels.glob("*/kernel/drivers/net/bonding/*")]
        built_in = "".join(path.read_text() for path in kernels.glob("*/modules.builtin") if not path.is_symlink())
        if not any(name.startswith("bonding.ko") for name in modules) and "/bonding.ko" not in built_in:
            lacking.append("the kernel's bonding driver (package linux-aarch64, linux-rpi or linux-armv7)")
        ways = [[name for name in way if not tree.resolve(f"boot/{name}").exists()] for way in self.board["boot_ways"]]
        if all(ways):
            lacking.append(f"on /boot: {', '.join(min(ways, key=len))}")
        if lacking:
            raise Fault("the root file system lacks:\n  " + "\n  ".join(lacking) + "\nGive packages that are missing with --add FILE.pkg.tar.xz")

    def identify(self, tarball):
        """Names that tell this image from others, and are the same for the same input."""
        digest = hashlib.sha256(self.program)
        digest.update(self.arguments.board.encode())
        with tarball.open("rb") as file:
            while block := file.read(MIB):
                digest.update(block)
        hexadecimal = digest.hexdigest()
        self.disk_id, self.fat_id = hexadecimal[:8], hexadecimal[8:16]
        bits = hexadecimal[32:]
        self.root_uuid = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:32]}"

    def furnish(self):
        tree = self.tree
        overlay.install(overlay.files(self.board["arch"], Path(self.arguments.program)), tree)
        self.user, self.group = add_user(tree)
        self.write_fstab()
        # A shell follows links as they stand.
        for path in ("etc/dhcpcd.conf", "etc/systemd/system/connman.service.d", "etc/systemd/system/iwd.service.d"):
            tree.guard(path)
        run("sh", ROOT / "image/overlay/usr/lib/wifibond/keep-off", "install", tree.root)
        state = tree.directory("var/lib/wifibond")
        state.chmod(0o700)
        os.chown(state, self.user, self.group)
        file = tree.prepare("boot/wifibond.json")
        self.secret = not self.arguments.imager
        if self.arguments.imager:
            # Ours would win.
            for path in (file, file.with_suffix(".json.txt")):
                path.unlink(missing_ok=True)
            file.with_suffix(".json.example").write_bytes(tree.resolve("usr/share/wifibond/wifibond.json").read_bytes())
        elif self.arguments.config:
            file.write_bytes(Path(self.arguments.config).read_bytes())
        elif not file.exists() and not file.with_suffix(".json.txt").exists():
            file.write_bytes(tree.resolve("usr/share/wifibond/wifibond.json").read_bytes())
            self.secret = False

    def write_fstab(self):
        """The boot partition: of use without it, and what is in it is no business of every
        user, for it has passphrases."""
        fstab, mount = self.tree.resolve("etc/fstab"), self.board["boot"]
        lines = fstab.read_text().splitlines() if fstab.exists() else []
        kept = [line for line in lines if line.lstrip().startswith("#") or mount not in line.split()[1:2]]
        serial = f"{self.fat_id[:4]}-{self.fat_id[4:]}".upper()
        options = f"defaults,nofail,x-systemd.device-timeout=60s,gid={self.group},umask=0027"
        kept.append(f"UUID={serial} {mount} vfat {options} 0 2")
        fstab.write_text("\n".join(kept) + "\n")
        # After that time systemd gives the mount up, unless the device wants it: a device that
        # appears starts what it wants (systemd.device(5)). The link leads to the unit that
        # systemd-fstab-generator makes at each boot.
        device, unit = unit_name(f"/dev/disk/by-uuid/{serial}", "device"), unit_name(mount, "mount")
        self.tree.prepare(f"etc/systemd/system/{device}.wants/{unit}").symlink_to(f"/run/systemd/generator/{unit}")

    def assemble(self):
        boot_files, boot_place = self.work / "boot", self.tree.resolve("boot")
        # FAT has neither links nor owners.
        self.tree.plain_files("boot")
        boot_place.rename(boot_files)
        boot_place.mkdir()
        used = sum(max(path.lstat().st_size, 4096) for path in self.tree.root.rglob("*"))
        least = align(used + used // 8 + ROOT_SPARE)
        boot_used = sum(path.stat().st_size for path in boot_files.rglob("*") if path.is_file())
        boot = align(max(BOOT, boot_used * 5 // 4))
        whole = ALIGN + boot + least
        if self.arguments.size:
            wanted = parse_size(self.arguments.size)
            if wanted < whole:
                raise Fault(f"--size {self.arguments.size}: at least {-(-whole // MIB)}M are needed")
            whole = wanted // ALIGN * ALIGN
        self.need_space(whole)
        step(f"making the boot partition, {boot // MIB} MiB")
        self.make_fat(boot_files, boot)
        step(f"making the root partition, {(whole - ALIGN - boot) // MIB} MiB")
        self.make_ext4(whole - ALIGN - boot)
        step(f"putting them together, {whole // MIB} MiB")
        half = self.work / "card"
        with half.open("wb") as file:
            # Whoever reads the image reads the passphrases in it.
            if self.secret:
                half.chmod(0o600)
            file.truncate(whole)
        table = (
            f"label: dos\nlabel-id: 0x{self.disk_id}\n"
            f"start={ALIGN // 512}, size={boot // 512}, type=c, bootable\nstart={(ALIGN + boot) // 512}, type=83\n"
        )
        run("sfdisk", "-q", half, input=table.encode())
        for part, at in (("fat", ALIGN), ("ext4", ALIGN + boot)):
            run("dd", f"if={self.work / part}", f"of={half}", f"seek={at}", "bs=1M",
                "oflag=seek_bytes", "conv=notrunc,sparse", "status=none")
            (self.work / part).unlink()
        half.rename(self.out)

    def make_fat(self, files, size):
        fat = self.work / "fat"
        with fat.open("wb") as file:
            file.truncate(size)
        run("mkfs.vfat", "-F", "32", "-n", "BOOT", "-i", self.fat_id, fat)
        entries = sorted(files.iterdir())
        run("mcopy", "-s", "-p", "-m", "-Q", "-i", fat, *entries, "::/")

    def make_ext4(self, size):
        ext4 = self.work / "ext4"
        with ext4.open("wb") as file:
            file.truncate(size)
        # Without features that older kernels and loaders do not know.
        run("mke2fs", "-q", "-F", "-t", "ext4", "-L", "root", "-U", self.root_uuid, "-m", "1",
            "-O", "^orphan_file,^metadata_csum_seed", "-E", f"hash_seed={self.root_uuid}", "-d", self.tree.root, ext4)


def unit_name(path, kind):
    """The unit of a path: systemd.unit(5), "String escaping for inclusion in unit names"."""
    def escaped(at, octet):
        plain = chr(octet) in ":_." or chr(octet).isalnum()
        return chr(octet) if octet < 128 and plain and (octet, at) != (ord("."), 0) else f"\\x{octet:02x}"

    inner = path.strip("/").encode()
    return "".join("-" if octet == ord("/") else escaped(at, octet) for at, octet in enumerate(inner)) + f".{kind}"


def align(count):
    return -(-count // ALIGN) * ALIGN


def add_user(tree):
    """The user wifibond, as systemd-sysusers makes it; gives its number and the group's."""
    def read(name):
        path = tree.resolve(f"etc/{name}")
        return [line.split(":") for line in path.read_text().splitlines()] if path.exists() else []

    users, groups = read("passwd"), read("group")
    for fields in users:
        if fields[0] == "wifibond":
            return int(fields[2]), int(fields[3])
    taken = {int(fields[2]) for fields in users + groups if len(fields) > 2 and fields[2].isdigit()}
    number = next(number for number in range(999, 100, -1) if number not in taken)
    lines = {
        "passwd": f"wifibond:x:{number}:{number}:wifibond:/var/lib/wifibond:/usr/bin/nologin",
        "group": f"wifibond:x:{number}:",
        "shadow": "wifibond:!*:::::::",
        "gshadow": "wifibond:!*::",
    }
    for name, line in lines.items():
        path = tree.resolve(f"etc/{name}")
        if path.exists():
            text = path.read_text()
            path.write_text(text + ("" if text.endswith("\n") or not text else "\n") + line + "\n")
    return number, number


def under_fakeroot(words):
    """Goes on as another process that believes to be root."""
    os.execvp("fakeroot", ["fakeroot", "--", *map(str, words)])
