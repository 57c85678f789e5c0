"""A root file system in a directory, of which nothing is to be believed: its links may lead
anywhere, and whoever follows one writes with the builder's rights.

A link counts as it will on the board, where the tree is the root: an absolute one begins at
the tree. One that climbs out of it is refused."""
import os
import shutil
import stat
from pathlib import Path

from say import Fault

MOST_LINKS = 40  # as the kernel


class Tree:
    def __init__(self, root):
        self.root = Path(root)

    def resolve(self, path, last=True):
        """The place of a path inside the tree, on this computer, without a link on the way to
        it. With last=False the last part may be a link, for whoever replaces it."""
        rest, found, links = [part for part in Path(path).parts if part != "/"][::-1], [], 0
        while rest:
            part = rest.pop()
            if part == "..":
                if not found:
                    raise Fault(f"the root file system's /{path} leads out of it")
                found.pop()
                continue
            place = self.root.joinpath(*found, part)
            if not place.is_symlink() or (not rest and not last):
                found.append(part)
                continue
            links += 1
            if links > MOST_LINKS:
                raise Fault(f"the root file system's /{path} is a link that leads nowhere")
            target = Path(os.readlink(place))
            if target.is_absolute():
                found = []
            rest += [part for part in target.parts if part != "/"][::-1]
        return self.root.joinpath(*found)

    def prepare(self, path):
        """As resolve, of a file that is to be written: its directory is there, and no link is
        in its place."""
        place = self.resolve(path, last=False)
        self.directory(Path(path).parent)
        if place.is_symlink():
            place.unlink()
        return place

    def directory(self, path):
        place = self.resolve(path)
        place.mkdir(parents=True, exist_ok=True)
        return place

    def guard(self, path):
        """Refuses where a program that follows links as they stand would leave the tree."""
        place = os.path.realpath(self.root / path)
        if not Path(place).is_relative_to(os.path.realpath(self.root)):
            raise Fault(f"the root file system's /{path} leads out of it, to {place}")

    def merge(self, source):
        """Moves all that is in a directory into the tree, on the same file system: owners, modes
        and hard links stay. A link to a directory there counts as that directory."""
        for directory, names, files in os.walk(source):
            inside = Path(directory).relative_to(source)
            for name in names + files:
                path = Path(directory) / name
                if path.is_dir() and not path.is_symlink():
                    place = self.resolve(inside / name)
                    if not place.is_dir():
                        place.unlink(missing_ok=True)
                        place.mkdir(parents=True)
                        about = path.stat()
                        os.chown(place, about.st_uid, about.st_gid)
                        shutil.copystat(path, place)
                    continue
                place = self.resolve(inside / name, last=False)
                if place.is_dir() and not place.is_symlink():
                    raise Fault(f"/{inside / name} is a directory in the root file system")
                path.rename(place)

    def plain_files(self, path):
        """What is below a directory, with no link left in it: each becomes a copy of the file it
        leads to inside the tree, for file systems without links."""
        for directory, names, files in os.walk(self.resolve(path)):
            inside = Path(directory).relative_to(self.root)
            for name in names + files:
                link = Path(directory) / name
                if not link.is_symlink():
                    continue
                place = self.resolve(inside / name)
                if not place.exists() or not stat.S_ISREG(place.lstat().st_mode):
                    raise Fault(f"the root file system's /{inside / name} is a link to what is no file there")
                link.unlink()
                shutil.copy2(place, link)
