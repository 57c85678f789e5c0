"""Boards are data: board/NAME/board.toml, each with its differences from another."""
import tomllib
from pathlib import Path

from say import Fault

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"aarch64": "aarch64-unknown-linux-musl", "armv7h": "armv7-unknown-linux-musleabihf"}
KEYS = {"title", "like", "arch", "compatible", "boot", "boot_ways", "built_in", "usb", "quirk", "machine"}


def names():
    """All boards that can be built for."""
    found = sorted(path.parent.name for path in (ROOT / "board").glob("*/board.toml"))
    return [name for name in found if name != "common"]


def load(name):
    """A board with everything it has from the boards it is like. Quirks add up."""
    if name != "common" and name not in names():
        raise Fault(f"there is no board {name!r}; there are: {', '.join(names())}")
    path = ROOT / "board" / name / "board.toml"
    try:
        own = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise Fault(f"{path}: {error}") from None
    if unknown := set(own) - KEYS:
        raise Fault(f"{path}: unknown keys: {', '.join(sorted(unknown))}")
    whole = load(own["like"]) if "like" in own else {}
    quirks = whole.get("quirk", []) + own.get("quirk", [])
    return whole | own | {"quirk": quirks}


def describe():
    """All boards with their quirks, those that all share first."""
    def quirks(found):
        return [f"    - {quirk['what']}: {quirk['done']} [{quirk['source']}]" for quirk in found]

    shared = load("common")["quirk"]
    lines = ["on every board:", *quirks(shared)]
    for name in names():
        board = load(name)
        lines += [f"{name}: {board['title']} ({board['arch']})"]
        lines += quirks(quirk for quirk in board["quirk"] if quirk not in shared)
    return "\n".join(lines)


def links(arch):
    """The .link files (systemd.link(5)) for real boards of an architecture: {name: text}."""
    files = {}
    for name in names():
        board = load(name)
        if board["arch"] != arch or "machine" in board:
            continue
        # One name of the device tree is enough; systemd takes one in a file.
        for compatible in board["compatible"]:
            model = compatible.split(",")[1]
            entries = [(entry, "") for entry in board.get("built_in", []) if "name" in entry]
            entries += [(entry, "Type=wlan\n") for entry in board.get("usb", [])]
            for entry, kind in entries:
                files[f"10-wifibond-{model}-{entry['name']}.link"] = (
                    f"# {board['title']}: board/{name}/board.toml\n"
                    f"[Match]\nFirmware=device-tree-compatible({compatible})\n{kind}"
                    f"Path={' '.join(entry['path'])}\n\n[Link]\nName={entry['name']}\n"
                )
    return files
