#!/usr/bin/env bash
# Hadoop's own Java client against our cluster: only HADOOP_CONF_DIR is set.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/stock.sh"
need_java_client
start_cluster --workers 3 -D dfs.blocksize=1m

head -c 3500000 /dev/urandom >"$scratch/file"
hadoop_fs -mkdir -p /user/me/in
hadoop_fs -put "$scratch/file" /user/me/in/file
hadoop_fs -get /user/me/in/file "$scratch/back"
cmp "$scratch/file" "$scratch/back" || fail "what -get brought differs from what -put took"
tusk dfs -get /user/me/in/file "$scratch/ours" && cmp "$scratch/file" "$scratch/ours" || fail "our own -get"
hadoop_fs -cat /user/me/in/file | cmp - "$scratch/file" || fail "-cat"
expect_contains "$(hadoop_fs -ls /user/me/in)" "3500000"
# The two shells print the same of the same file.
for command in "-ls /user/me/in" "-du /user/me" "-du -s -h /user/me" "-stat %b,%n,%o,%r,%u,%F /user/me/in/file" \
    "-checksum /user/me/in/file" "-count /user/me"; do
  # shellcheck disable=SC2086
  expect_equal "$(tusk dfs $command)" "$(hadoop_fs $command)" "$command"
done
hadoop_fs -mv /user/me/in/file /user/me/moved
hadoop_fs -test -e /user/me/moved
if hadoop_fs -test -e /user/me/in/file; then fail "-mv left the source"; fi
echo hello | hadoop_fs -put - /user/me/hello
expect_equal "$(hadoop_fs -cat /user/me/hello)" hello
expect_equal "$(tusk dfs -cat /user/me/hello)" hello
expect_failure hadoop_fs -put "$scratch/file" /user/me/hello
expect_contains "$failure" "File exists"
hadoop_fs -rm -r /user/me
if tusk dfs -test -e /user/me; then fail "-rm -r left the folder"; fi
echo "the stock Java client works"
