"""What the program is made of: the licence texts to go with it, and a CycloneDX list."""
import hashlib
import importlib.util
import json
import uuid
from pathlib import Path

import boards
from boards import ROOT
from say import Fault

NAMES = ("license", "licence", "copying", "notice", "copyright", "unlicense")


def linked(arch):
    """The packages in the program for an architecture, ours first."""
    # One place knows how to ask cargo: the check of the licences.
    spec = importlib.util.spec_from_file_location("check_licences", ROOT / "tests/check-licences.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        found = module.linked(boards.TARGETS[arch])
    except OSError as error:
        raise Fault(f"cargo: {error}") from None
    return sorted(found, key=lambda package: (package["source"] is not None, package["name"], package["version"]))


def texts(package):
    directory = Path(package["manifest_path"]).parent
    files = [path for path in directory.iterdir() if path.is_file() and path.name.lower().startswith(NAMES)]
    return [path.read_text(errors="replace").strip() for path in sorted(files)]


def third_party(arch):
    """The licence texts of all that is linked in. A text that several share stands once."""
    shared = {}
    lacking = []
    for package in linked(arch):
        if package["source"] is None:
            continue
        name = f"{package['name']} {package['version']} ({package['license']})"
        found = texts(package)
        if not found:
            lacking.append(f"{name}, by {', '.join(package['authors']) or 'its authors'}")
        for text in found:
            shared.setdefault(text, []).append(name)
    parts = ["What the program wifibond is linked with, besides Rust's standard library (MIT or\n"
             "Apache-2.0, the Rust project) and musl (MIT, Rich Felker and others)."]
    if lacking:
        parts.append("Packages that come without a text of their licence:\n  " + "\n  ".join(lacking))
    parts += ["\n".join(names) + "\n\n" + text for text, names in shared.items()]
    return ("\n\n" + "-" * 78 + "\n\n").join(parts) + "\n"


def sbom(arch, program):
    """CycloneDX 1.5 (cyclonedx.org/docs/1.5/json)."""
    def component(package, kind="library"):
        name, version = package["name"], package["version"]
        return {"type": kind, "bom-ref": f"{name}@{version}", "name": name, "version": version,
                "purl": f"pkg:cargo/{name}@{version}", "licenses": [{"expression": package["license"].replace("/", " OR ")}]}

    own, *others = linked(arch)
    digest = hashlib.sha256(program).hexdigest()
    main = component(own, "application") | {"hashes": [{"alg": "SHA-256", "content": digest}]}
    return json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "metadata": {"component": main, "properties": [{"name": "target", "value": boards.TARGETS[arch]}]},
        "components": [component(package) for package in others],
    }, indent=2) + "\n"
