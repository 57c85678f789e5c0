"""The command line of image/build."""
import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import boards  # noqa: E402
import card  # noqa: E402
import imager  # noqa: E402
import overlay  # noqa: E402
import package  # noqa: E402
import release  # noqa: E402
from boards import ROOT  # noqa: E402
from say import Fault, run, step  # noqa: E402

EMULATORS = {"aarch64": "qemu-aarch64-static", "armv7h": "qemu-arm-static"}


def arguments():
    parser = argparse.ArgumentParser(prog="image/build", description="Makes what goes on a card.")
    parser.add_argument("--board", help="which board the card is for; --boards lists them")
    parser.add_argument("--boards", action="store_true", help="the boards, and what is odd about each")
    parser.add_argument("--rootfs", metavar="TARBALL", help="root file system of Arch Linux ARM")
    parser.add_argument("--add", metavar="PACKAGE", action="append", default=[], help="a package to unpack over it; may be repeated")
    parser.add_argument("--config", metavar="FILE", help="the card's wifibond.json; default: an example to be edited")
    parser.add_argument("--imager", action="store_true", help="for Raspberry Pi Imager: without a wifibond.json, with a manifest beside the image")
    parser.add_argument("--out", metavar="CARD.img", help="the image to make")
    parser.add_argument("--size", help="of the image, as 4G; default: what is needed")
    parser.add_argument("--verify", action="store_true", help="boot the image in the emulator as far as `wifibond status`")
    parser.add_argument("--overlay", metavar="OVERLAY.tar.zst", help="make the overlay")
    parser.add_argument("--package", metavar="DIRECTORY", help="make the package for pacman")
    parser.add_argument("--release", metavar="DIRECTORY", help="make all that belongs to a release")
    parser.add_argument("--arch", choices=boards.TARGETS, help="for --overlay and --package")
    parser.add_argument("--program", metavar="FILE", help="a program that is there already")
    return parser, parser.parse_args()


def check_config(path, arch, program):
    """A card with a wrong file is of no use to anybody."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(program)
        file.flush()
        Path(file.name).chmod(0o700)
        try:
            run(EMULATORS[arch], file.name, "check", path)
        except Fault as fault:
            # Certificates are looked for on the box, not here.
            if "files that it needs:" in str(fault):
                return step(f"--config {path} is good; it names files that the card must have")
            raise Fault(f"--config {path} is not good: {fault}") from None


def make_card(given):
    missing = [f"--{key}" for key in ("rootfs", "out") if getattr(given, key) is None]
    if missing:
        raise Fault(f"--board needs {' and '.join(missing)} too")
    if given.imager and given.config:
        raise Fault("--imager and --config: Imager's settings count only where the card has no wifibond.json")
    board = boards.load(given.board)
    if "FAKEROOTKEY" not in os.environ:
        program = overlay.program(board["arch"], given.program and Path(given.program))
        if given.config:
            check_config(given.config, board["arch"], program)
        more = [] if given.program else ["--program", ROOT / "target/dist" / boards.TARGETS[board["arch"]] / "wifibond"]
        card.under_fakeroot([sys.executable, *sys.argv, *more])
    made = card.Card(board, given, Path(given.program).read_bytes())
    made.build()
    if made.secret:
        step(f"{given.out} holds the passphrases of its wifibond.json: only you can read it (mode 0600)")
    if given.imager:
        step(f"{imager.write_manifest(board, Path(given.out))} is what Raspberry Pi Imager opens")
    if given.verify:
        step("booting it in the emulator")
        os.environ.pop("LD_PRELOAD", None)
        os.execv(ROOT / "board/emulated/card", ["card", "--verify", given.board, given.out])
    step(f"done: {given.out}")


def main():
    parser, given = arguments()
    if given.boards:
        print(boards.describe())
    elif given.board:
        make_card(given)
    elif given.release:
        release.build(Path(given.release))
    elif given.overlay or given.package:
        if not given.arch:
            raise Fault("say for which --arch: aarch64 or armv7h")
        found = overlay.files(given.arch, given.program and Path(given.program))
        if given.overlay:
            overlay.tarball(found, Path(given.overlay))
            step(f"done: {given.overlay}")
        if given.package:
            step(f"done: {package.build(found, given.arch, Path(given.package))}")
    else:
        parser.print_help(sys.stderr)
        sys.exit(2)


try:
    main()
except Fault as fault:
    print(f"image/build: {fault}", file=sys.stderr)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
