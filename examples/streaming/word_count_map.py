#!/usr/bin/env python3
"""Word count's mapper: every word of the input, with a 1. Bytes, so that any text is welcome."""
import sys

out = sys.stdout.buffer
for line in sys.stdin.buffer:
    out.write(b"".join(word + b"\t1\n" for word in line.split()))
