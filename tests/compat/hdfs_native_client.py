"""Writes, reads, lists, renames and deletes through hdfs-native; exits non-zero on any surprise."""
import os
import sys

from hdfs_native import Client, WriteOptions

client = Client(sys.argv[1])
data = os.urandom(3_300_000)
client.mkdirs("/native", 0o755, True)
for name in ("file", "copy"):
    with client.create(f"/native/{name}", WriteOptions(replication=3)) as writer:
        for start in range(0, len(data), 700_001):
            writer.write(data[start:start + 700_001])
with client.read("/native/file") as reader:
    assert reader.read() == data, "what was read differs from what was written"
    assert len(reader) == len(data)
with client.read("/native/file") as reader:
    assert reader.read_range(1_048_570, 20) == data[1_048_570:1_048_590], "a range across two blocks"
status = client.get_file_info("/native/file")
assert (status.length, status.isdir, status.replication) == (len(data), False, 3), status
client.rename("/native/file", "/native/renamed", False)
names = sorted(os.path.basename(entry.path) for entry in client.list_status("/native", False))
assert names == ["copy", "renamed"], names
client.set_permission("/native/renamed", 0o640)
assert client.get_file_info("/native/renamed").permission & 0o777 == 0o640
summary = client.get_content_summary("/native")
assert (summary.length, summary.file_count) == (2 * len(data), 2), summary
try:
    client.get_file_info("/native/none")
except FileNotFoundError:
    pass
else:
    sys.exit("a missing file was found")
client.create("/native/gone", WriteOptions()).close()
assert client.delete("/native/gone", False)
print("hdfs-native works")
