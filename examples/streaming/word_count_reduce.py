#!/usr/bin/env python3
"""Word count's reducer and combiner: lines of the same word come one after another; adds up."""
import sys

out = sys.stdout.buffer
current, total = None, 0
for line in sys.stdin.buffer:
    word, count = line.rstrip(b"\n").split(b"\t")
    if word != current:
        if current is not None:
            out.write(b"%s\t%d\n" % (current, total))
        current, total = word, 0
    total += int(count)
if current is not None:
    out.write(b"%s\t%d\n" % (current, total))
