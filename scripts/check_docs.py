#!/usr/bin/env python3
"""Documents that name files must name files that exist: tables of step -> file, links, folder maps.

Every `path/to/file.ext` in backticks in a document that starts with a top folder of the tree must exist;
`{h,cc}` stands for both. The same holds for documents that sources name. Sources named in
docs/architecture.md must be under 600 lines. In a row
  | step | `file` | `Class::Function` | `contract` |
of its table the function must be in the file, and the comment that begins the contract must have a
"Threads:", and for a step in bold also "Owns:", "Life:" and "Fails:".
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATH = re.compile(r"`([A-Za-z0-9_./{},-]+\.(?:h|cc|proto|py|sh|md|txt|xml|cmake|\{h,cc\}))`")
STEP = re.compile(r"^\| (?P<step>[^|]+) \| `(?P<file>[^`|]+)` \| `(?P<function>[^`|]+)` "
                  r"\| `(?P<contract>[^`|]+)` \|$", re.MULTILINE)
ARCHITECTURE = "docs/architecture.md"
MAX_LINES = 600
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"\bdocs/[A-Za-z0-9_/-]+\.md\b")  # in a source


def expand(name):
    if "{" not in name:
        return [name]
    head, rest = name.split("{", 1)
    options, tail = rest.split("}", 1)
    return [head + option + tail for option in options.split(",")]


def first_comment(text):
    lines = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line)
    return "\n".join(lines)


def check_steps(text):
    errors = []
    steps = list(STEP.finditer(text))
    if len(steps) < 30:
        errors.append(f"{ARCHITECTURE}: only {len(steps)} rows of step, file, function, contract")
    for row in steps:
        source, contract = ROOT / row["file"], ROOT / row["contract"]
        if not source.exists() or not contract.exists():
            continue  # told already
        name = row["function"].split("::")[-1]
        if not re.search(rf"\b{re.escape(name)}\b", source.read_text()):
            errors.append(f"{ARCHITECTURE}: {row['function']} is not in {row['file']}")
        bold = row["step"].startswith("**")
        comment = first_comment(contract.read_text())
        for word in ["Owns:", "Threads:", "Life:", "Fails:"] if bold else ["Threads:"]:
            if word not in comment:
                errors.append(f"{row['contract']}: its first comment lacks \"{word}\" "
                              f"({row['step']})")
    return errors


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
                elif document == ARCHITECTURE and name.endswith((".h", ".cc")):
                    lines = len((ROOT / name).read_text().splitlines())
                    if lines >= MAX_LINES:
                        errors.append(f"{document}: `{name}` has {lines} lines, {MAX_LINES} is the bound")
        for match in LINK.finditer(FENCE.sub("", text)):
            if not (ROOT / document).parent.joinpath(match.group(1)).exists():
                errors.append(f"{document}: the link to {match.group(1)} leads nowhere")
    for source in [path for path in tracked if path.endswith((".h", ".cc", ".proto", ".sh", ".py"))]:
        if not (ROOT / source).exists():
            continue  # deleted, not committed yet
        for name in set(NAMED.findall((ROOT / source).read_text(errors="replace"))):
            if not (ROOT / name).exists():
                errors.append(f"{source}: {name} does not exist")
    architecture = ROOT / ARCHITECTURE
    errors += check_steps(architecture.read_text() if architecture.exists() else "")
    for error in errors:
        print(error)
    print(f"documents: {len(errors)} broken references")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
