#!/usr/bin/env python3
"""Compares every #include with scripts/layers.txt, and looks for tests that no target lists.

Rules beyond the table: *_test.cc and *_fixture.h may also include common/testing; tests/ may include anything;
nothing includes tests/; gRPC's headers are seen only below common/grpc.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def read_layers():
    layers = {}
    for number, line in enumerate((ROOT / "scripts/layers.txt").read_text().splitlines(), 1):
        line = line.split("#")[0].split("(")[0].strip()
        if not line:
            continue
        if ":" not in line:
            sys.exit(f"scripts/layers.txt:{number}: expected FOLDER : FOLDERS")
        folder, allowed = line.split(":", 1)
        layers[folder.strip()] = allowed.split()
    return layers


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cc"],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [path for path in listed if (ROOT / path).exists()]


def below(path, folder):
    return path == folder or path.startswith(folder + "/")


def rule_for(folder, layers):
    """The longest entry that is this folder or one above it."""
    fitting = [name for name in layers if below(folder, name)]
    return max(fitting, key=len) if fitting else None


def check_includes(path, layers, top_folders):
    errors = []
    folder = str(pathlib.PurePosixPath(path).parent)
    in_tests = below(path, "tests")
    rule = rule_for(folder, layers)
    if rule is None and not in_tests:
        return [f"{path}: its folder has no line in scripts/layers.txt"]
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(2)
        if target.startswith(("grpc/", "grpcpp/", "grpc++/")):
            if not below(path, "common/grpc"):
                errors.append(f"{path}:{number}: gRPC headers belong to common/grpc only: {target}")
            continue
        if target.startswith("tusk/"):
            target = "include/" + target
        if target.split("/")[0] not in top_folders:
            continue
        if in_tests:
            continue
        if below(target, "tests"):
            errors.append(f"{path}:{number}: nothing outside tests/ includes {target}")
            continue
        allowed = [folder, rule, *layers[rule]]
        if path.endswith(("_test.cc", "_fixture.h")) or below(path, "common/testing"):
            allowed.append("common/testing")
        target_folder = str(pathlib.PurePosixPath(target).parent)
        if not any(below(target_folder, name) for name in allowed):
            errors.append(f"{path}:{number}: {rule} may not include {target}")
    return errors


def check_tests_are_built(paths):
    errors = []
    for path in paths:
        if not path.endswith("_test.cc"):
            continue
        name = pathlib.PurePosixPath(path).name
        folder = (ROOT / path).parent
        while True:
            listing = folder / "CMakeLists.txt"
            relative = (ROOT / path).relative_to(folder).as_posix()
            if listing.exists():
                if relative not in listing.read_text().split() and name not in re.split(
                        r"[\s()/]+", listing.read_text()):
                    errors.append(f"{path}: no target lists it")
                break
            folder = folder.parent
    return errors


def main():
    layers = read_layers()
    paths = sources()
    top_folders = {path.split("/")[0] for path in paths if "/" in path} | {"proto"}
    errors = check_tests_are_built(paths)
    for path in paths:
        errors += check_includes(path, layers, top_folders)
    for error in errors:
        print(error)
    print(f"layers: {len(paths)} files, {len(errors)} violations")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
