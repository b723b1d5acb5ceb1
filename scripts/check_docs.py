#!/usr/bin/env python3
"""Documents that name files must name files that exist: tables of step -> file, links, folder maps.

Every `path/to/file.ext` in backticks below docs/ and in the README that starts with a top folder of
the tree must exist; `{h,cc}` stands for both. Header files named in docs/architecture.md must be
under 600 lines.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATH = re.compile(r"`([A-Za-z0-9_./{},-]+\.(?:h|cc|proto|py|sh|md|txt|xml|cmake|\{h,cc\}))`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def expand(name):
    if "{" not in name:
        return [name]
    head, rest = name.split("{", 1)
    options, tail = rest.split("}", 1)
    return [head + option + tail for option in options.split(",")]


def main():
    tracked = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                             cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    top_folders = {path.split("/")[0] for path in tracked if "/" in path}
    errors = []
    for document in [path for path in tracked if path.endswith(".md")]:
        text = (ROOT / document).read_text()
        for match in PATH.finditer(text):
            for name in expand(match.group(1)):
                if name.split("/")[0] not in top_folders or "/" not in name:
                    continue
                if not (ROOT / name).exists():
                    errors.append(f"{document}: `{name}` does not exist")
                elif document == "docs/architecture.md" and name.endswith((".h", ".cc")):
                    lines = len((ROOT / name).read_text().splitlines())
                    if lines >= 600:
                        errors.append(f"{document}: `{name}` has {lines} lines, 600 is the bound")
        for match in LINK.finditer(text):
            if not (ROOT / document).parent.joinpath(match.group(1)).exists():
                errors.append(f"{document}: the link to {match.group(1)} leads nowhere")
    for error in errors:
        print(error)
    print(f"documents: {len(errors)} broken references")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
