# Sourced by the compatibility tests: the stock clients, or a skip that says so.
compat_cache=${TUSK_COMPAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tusk-compat}

need_java_client() {
  command -v java >/dev/null && [ -e "$compat_cache/hadoop/complete" ] ||
    skip_unless_required "Hadoop's Java client is not installed (tests/compat/install.sh fetches it)"
}

need_python_clients() {
  [ -e "$compat_cache/venv/requirements.txt" ] ||
    skip_unless_required "hdfs-native and PySpark are not installed (tests/compat/install.sh fetches them)"
}

# Hadoop's own shell, configured by HADOOP_CONF_DIR alone.
hadoop_fs() {
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Djava.net.preferIPv4Stack=true -cp "$HADOOP_CONF_DIR:$(dirname "${BASH_SOURCE[0]}")/log4j:$compat_cache/hadoop/*" \
    org.apache.hadoop.fs.FsShell "$@"
}
