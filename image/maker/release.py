"""Everything that a release consists of, in one directory."""
import hashlib
import shutil
import tempfile
from pathlib import Path

import boards
import crates
import overlay
import package
from boards import ROOT
from say import Fault, step


def build(directory):
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise Fault(f"--release {directory}: give an empty directory, or one that is not there yet")
    parent = directory.absolute().parent
    if not parent.is_dir():
        raise Fault(f"--release {directory}: there is no directory {parent}")
    with tempfile.TemporaryDirectory(prefix=".release-", dir=parent) as place:
        half = Path(place) / "release"
        half.mkdir(mode=0o755)
        for arch in boards.TARGETS:
            one(arch, half)
        for name in ("PKGBUILD", "wifibond.install"):
            shutil.copy(ROOT / "image" / name, half / name)
        lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(half.iterdir())]
        (half / "SHA256SUMS").write_text("".join(lines))
        if directory.exists():
            directory.rmdir()
        half.rename(directory)
    step(f"done: {directory}")


def one(arch, place):
    program = overlay.program(arch, None)
    base = f"wifibond-{package.metadata(arch)['pkgver'][0]}-{arch}"
    found = overlay.files(arch, ROOT / "target/dist" / boards.TARGETS[arch] / "wifibond")
    (place / base).write_bytes(program)
    (place / base).chmod(0o755)
    step(f"overlay, package and lists for {arch}")
    overlay.tarball(found, place / f"{base}.tar.zst")
    package.build(found, arch, place)
    (place / f"{base}.cdx.json").write_text(crates.sbom(arch, program))
    (place / f"{base}.third-party.txt").write_text(crates.third_party(arch))
