"""The overlay: every file that wifibond adds to a root file system, in merged-/usr layout."""
import gzip
import io
import os
import shutil
import subprocess
import tarfile

import boards
import crates
from boards import ROOT
from say import Fault, run, step

UNITS = "/usr/lib/systemd/system"
# Enabled as `systemctl enable` does it.
ENABLED = {
    "etc/systemd/system/multi-user.target.wants/wifibond.service": f"{UNITS}/wifibond.service",
    "etc/systemd/system/network-online.target.wants/wifibond-wait-online.service": f"{UNITS}/wifibond-wait-online.service",
}


def epoch():
    """The time of every file: that of the last commit, so that the same input gives the
    same bytes."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    try:
        return int(run("git", "-C", ROOT, "log", "-1", "--format=%ct"))
    except (Fault, FileNotFoundError, ValueError):
        return 1_700_000_000  # not a checkout


def program(arch, given):
    """The program for an architecture: the one given, or a new build."""
    target = boards.TARGETS[arch]
    if given is None:
        step(f"building wifibond for {arch}")
        if subprocess.run([ROOT / "cross/build", target], check=False, stdout=subprocess.DEVNULL).returncode != 0:
            raise Fault("the build failed; what it said is above")
        given = ROOT / "target/dist" / target / "wifibond"
    try:
        content = given.read_bytes()
    except OSError as error:
        raise Fault(f"{given}: {error.strerror}") from None
    machine = {"aarch64": (2, 183), "armv7h": (1, 40)}[arch]
    if content[:4] != b"\x7fELF" or (content[4], int.from_bytes(content[18:20], "little")) != machine:
        raise Fault(f"{given}: is no program for {arch}")
    return content


def files(arch, given=None):
    """{path: (mode, bytes)}, and a link's target as text in place of bytes."""
    found = {"usr/bin/wifibond": (0o755, program(arch, given))}
    base = ROOT / "image/overlay"
    for path in sorted(base.rglob("*")):
        if path.is_file():
            mode = 0o755 if os.access(path, os.X_OK) else 0o644
            name, content = str(path.relative_to(base)), path.read_bytes()
            if name.startswith("usr/share/man/"):  # as makepkg does it
                name, content = f"{name}.gz", gzip.compress(content, 9, mtime=0)
            found[name] = (mode, content)
    for name, text in boards.links(arch).items():
        found[f"usr/lib/systemd/network/{name}"] = (0o644, text.encode())
    for path in sorted((ROOT / "image/examples").glob("*.json")):
        found[f"usr/share/wifibond/examples/{path.name}"] = (0o644, path.read_bytes())
    found["usr/share/doc/wifibond/README.md"] = (0o644, (ROOT / "README.md").read_bytes())
    licences = "usr/share/licenses/wifibond"
    found[f"{licences}/LICENSE"] = (0o644, (ROOT / "LICENSE").read_bytes())
    found[f"{licences}/THIRD-PARTY"] = (0o644, crates.third_party(arch).encode())
    return found


def tarball(found, out):
    """Writes the overlay. What is on the boot partition is an example under another name:
    unpacking must not replace anybody's file."""
    found = dict(found)
    found["boot/wifibond.json.example"] = found["usr/share/wifibond/wifibond.json"]
    for path, target in ENABLED.items():
        found[path] = (0o777, target)
    compress(tar(found, epoch()), out)


def tar(found, when):
    """A tar archive as bytes: sorted, of root, of one time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, (mode, content) in sorted(found.items()):
            member = tarfile.TarInfo(path)
            member.mode, member.mtime, member.uname, member.gname = mode, when, "root", "root"
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def compress(content, out):
    """All or nothing."""
    half = out.with_name(out.name + ".half")
    try:
        half.write_bytes(run("zstd", "-q", "-19", "-T1", "-c", input=content))
        half.rename(out)
    except OSError as error:
        raise Fault(f"{out}: {error.strerror}") from None
    finally:
        half.unlink(missing_ok=True)


def install(found, tree):
    """Puts the files into a root file system, enabled; the user comes with them."""
    for path, (mode, content) in found.items():
        place = tree.prepare(path)
        place.write_bytes(content)
        place.chmod(mode)
    for path, target in ENABLED.items():
        place = tree.prepare(path)
        place.unlink(missing_ok=True)
        place.symlink_to(target)


def copy_out(found, place):
    """The same tree for a package: without the links that `systemctl enable` makes."""
    shutil.rmtree(place, ignore_errors=True)
    for path, (mode, content) in found.items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(mode)
