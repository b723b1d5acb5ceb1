"""One JSON line per benchmark, and the tables of docs/performance.md made from them."""
import json
import os
import pathlib
import platform
import re
import subprocess
import time

TABLE = re.compile(r"<!-- figures: (?P<names>[a-z_ ]+) -->\n.*?<!-- end of figures -->\n", re.DOTALL)
HEADER = "| what | Tusk | reference | ratio | target | |\n|---|---|---|---|---|---|\n"


class Row:
    """One line of a table. `unit`: s, ms, MB, B, us, /s, % or empty. Lower is better, but for /s.

    `ratio` is that of the pairs where the runs were pairs. Either `at_most` (bound of the figure) or
    `ratio_at_most` is the target; both None: the row is there to be read beside the others.
    """

    def __init__(self, what, figure, unit, reference=None, reference_is="", reference_unit=None,
                 ratio=None, at_most=None, ratio_at_most=None, note=""):
        self.what = what
        self.figure = figure
        self.unit = unit
        self.reference = reference
        self.reference_unit = reference_unit or unit
        self.reference_is = reference_is
        self.ratio = ratio
        self.at_most = at_most
        self.ratio_at_most = ratio_at_most
        self.note = note

    def met(self):
        if self.ratio_at_most is not None:
            return self.ratio <= self.ratio_at_most
        if self.at_most is not None:
            return self.figure <= self.at_most
        return None

    def as_dict(self):
        fields = {key: value for key, value in vars(self).items() if value not in (None, "")}
        for key in ("figure", "reference", "ratio"):
            if isinstance(fields.get(key), float):
                fields[key] = float(f"{fields[key]:.5g}")
        if self.met() is not None:
            fields["met"] = self.met()
        return fields


def machine(folder):
    with open("/proc/cpuinfo") as text:
        model = re.search(r"^model name\s*: (.*)$", text.read(), re.MULTILINE)
    device, kind = mount_of(folder)
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": model.group(1) if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30),
        "kernel": platform.release(),
        "disk": f"{kind} on {device}",
    }


def mount_of(folder):
    """Device and type of the file system that holds the folder."""
    path = str(pathlib.Path(folder).resolve())
    best = ("", "?", "?")
    with open("/proc/self/mounts") as text:
        for line in text:
            device, point, kind = line.split()[:3]
            inside = point == "/" or path == point or path.startswith(point + "/")
            if inside and len(point) >= len(best[0]):
                best = (point, device, kind)
    return best[1], best[2]


def commit(root):
    """The commit the sources stand at; "+" when they differ from it."""
    git = ["git", "-C", str(root)]
    done = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    if done.returncode != 0:
        return "unknown"
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", ".", ":!bench/results", ":!docs/performance.md"],
        capture_output=True, text=True).stdout
    return done.stdout.strip() + ("+" if changed else "")


def result(bench, name, question, rows, seconds, busy):
    return {
        "bench": name,
        "question": question,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit(bench.root),
        "machine": machine(bench.scratch),
        "pairs": bench.pair_count,
        "seconds": round(seconds, 1),
        # Share of the machine's CPU time that others took just before it began.
        "others_cpu": round(busy, 3),
        "rows": [row.as_dict() for row in rows],
    }


# ---- the document

def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def amount(value, unit):
    if unit == "s" and value < 1:
        return f"{number(value * 1000)} ms"
    return f"{number(value)}{'' if unit in ('/s', '%', '') else ' '}{unit}"


def cells(row):
    unit = row["unit"]
    reference = row.get("reference_is", "")
    if "reference" in row:
        reference = f"{amount(row['reference'], row['reference_unit'])}: {reference}"
    if "ratio_at_most" in row:
        target = f"{row['ratio_at_most']:g} x"
    elif "at_most" in row:
        target = amount(row["at_most"], unit)
    else:
        target = ""
    met = {True: "met", False: "**missed**", None: ""}[row.get("met")]
    ratio = f"{row['ratio']:.2f}" if "ratio" in row else ""
    what = row["what"] + (f" ({row['note']})" if "note" in row else "")
    return [what, amount(row["figure"], unit), reference, ratio, target, met]


def table(results, names):
    lines = []
    for name in names:
        found = results.get(name)
        if found is None:
            lines.append(f"\n`bench/run {name}`: not measured yet.\n")
            continue
        where = found["machine"]
        lines.append(f"\n`bench/run {name}`: {found['question']}\n\n{HEADER}")
        lines += ["| " + " | ".join(cells(row)) + " |\n" for row in found["rows"]]
        lines.append(f"\n<sub>{found['date']}, commit {found['commit']}, {found['pairs']} pairs, "
                     f"{where['cpu']} x {where['cores']}, {where['disk']}; just before, others "
                     f"took {100 * found['others_cpu']:.0f} % of the CPU time.</sub>\n")
    return "".join(lines)


def load_results(folder):
    results = {}
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        lines = path.read_text().splitlines()
        if lines:
            results[path.stem] = json.loads(lines[-1])
    return results


def rewrite_document(path, results):
    """Replaces every table between its markers; all else in the document is its authors'."""
    def replaced(match):
        names = match.group("names")
        return (f"<!-- figures: {names} -->\n{table(results, names.split())}\n"
                "<!-- end of figures -->\n")

    text = path.read_text()
    named = {name for match in TABLE.finditer(text) for name in match.group("names").split()}
    missing = sorted(set(results) - named)
    if missing:
        raise SystemExit(f"{path} has no table for: {', '.join(missing)}")
    path.write_text(TABLE.sub(replaced, text))
