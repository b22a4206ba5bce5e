"""Validates notebooks with Jupyter's own nbformat, strictly, and says whether Jupyter would write them as they are.

    python validate_ipynb.py FILE.ipynb ...

Prints a line for each file. Exits 0 if all are valid, 1 otherwise. Needs the package nbformat.
"""

import json
import sys

import nbformat


def problem(path: str) -> str | None:
    """What is wrong with the file; None if nothing."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        notebook = json.loads(text)
        nbformat.validate(notebook, relax_add_props=False)
    except (ValueError, nbformat.ValidationError) as error:
        return str(error).splitlines()[0]
    written = nbformat.writes(nbformat.reads(text, as_version=4), version=nbformat.NO_CONVERT)
    if written + "\n" != text:
        return "valid, but Jupyter would write it differently"
    return None


def main(paths: list[str]) -> int:
    """Checks all files."""
    failed = False
    for path in paths:
        found = problem(path)
        failed |= found is not None
        print(f"{path}: {found or 'valid, byte for byte as Jupyter writes it'}")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
