"""What Raspberry Pi Imager has to know of a card to ask for its settings: a manifest.

Source: doc/json-schema/os-list-schema.json and src/config.h of github.com/raspberrypi/rpi-imager."""
import datetime
import hashlib
import json
import os

BLOCK = 1024 * 1024


def write_manifest(board, image):
    """Writes it beside the image, and gives its path. Its `url` is the image's place here: who offers the
    image for download puts the address there."""
    digest = hashlib.sha256()
    with image.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    size = image.stat().st_size
    made = int(os.environ.get("SOURCE_DATE_EPOCH") or image.stat().st_mtime)
    entry = {
        "name": f"wifibond on {board['title']}",
        "description": "Arch Linux ARM that stays on the network through two Wi-Fi adapters and a cable",
        "icon": "icons/use_custom.png",
        "url": image.absolute().as_uri(),
        "extract_size": size,
        "extract_sha256": digest.hexdigest(),
        "image_download_size": size,
        "release_date": datetime.datetime.fromtimestamp(made, datetime.UTC).date().isoformat(),
        "init_format": "rpi-preseed",
    }
    path = image.with_suffix(".rpi-imager-manifest")
    path.write_text(json.dumps({"os_list": [entry]}, indent=2) + "\n")
    return path
