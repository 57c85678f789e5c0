"""What the maker says, and how it gives up."""
import subprocess
import sys
import time

_begin = time.monotonic()


class Fault(Exception):
    """Something that the caller can mend; the text says how."""


def step(text):
    print(f"[{time.monotonic() - _begin:5.1f} s] {text}", file=sys.stderr, flush=True)


def run(*words, **more):
    """A tool's output, or a Fault with what it said."""
    done = subprocess.run([str(word) for word in words], check=False, capture_output=True, **more)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip() or "it says nothing"
        raise Fault(f"{words[0]} failed (status {done.returncode}): {said}")
    return done.stdout
