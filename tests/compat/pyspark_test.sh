#!/usr/bin/env bash
# PySpark counts words of a file in our DFS and writes the result back.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/stock.sh"
need_python_clients
command -v java >/dev/null || skip_unless_required "there is no java"
start_cluster --workers 3 -D dfs.blocksize=1m
seq 1 300000 | awk '{print "word" $1 % 97, "other" $1 % 13}' >"$scratch/text"
tusk dfs -mkdir /in
tusk dfs -put "$scratch/text" /in/text
"$compat_cache/venv/bin/python" "$(dirname "$0")/pyspark_word_count.py" "$(conf_value fs.defaultFS)"
tr ' ' '\n' <"$scratch/text" | LC_ALL=C sort | uniq -c | awk '{print $2 "\t" $1}' >"$scratch/expected"
tusk dfs -cat '/out/part-*' | LC_ALL=C sort >"$scratch/actual"
cmp "$scratch/expected" "$scratch/actual" || fail "the counts differ"
tusk dfs -test -e /out/_SUCCESS
