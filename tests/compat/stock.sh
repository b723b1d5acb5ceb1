# Sourced by the compatibility tests: the stock clients and servers, or a skip that says so.
compat_cache=${TUSK_COMPAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tusk-compat}
compat_log4j=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/log4j
java_options=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Djava.net.preferIPv4Stack=true)

need_java_client() {
  command -v java >/dev/null && [ -e "$compat_cache/hadoop/complete" ] ||
    skip_unless_required "Hadoop's Java client is not installed (tests/compat/install.sh fetches it)"
}

need_java_server() {
  command -v java >/dev/null && [ -e "$compat_cache/server/complete" ] ||
    skip_unless_required "Hadoop's NameNode and DataNode are not installed (tests/compat/install.sh fetches them)"
}

need_python_clients() {
  [ -e "$compat_cache/venv/requirements.txt" ] ||
    skip_unless_required "hdfs-native and PySpark are not installed (tests/compat/install.sh fetches them)"
}

# Hadoop's own shell, configured by HADOOP_CONF_DIR alone.
hadoop_fs() {
  java "${java_options[@]}" -cp "$HADOOP_CONF_DIR:$compat_log4j:$compat_cache/hadoop/*" \
    org.apache.hadoop.fs.FsShell "$@"
}

# compare_shells FILE...: runs the command lines of FILE... with both shells, see shell_comparison.py.
compare_shells() {
  local folder
  folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  mkdir "$scratch/compare"
  "$compat_cache/venv/bin/python" "$folder/shell_comparison.py" "$HADOOP_CONF_DIR" "$compat_cache/server" \
    "$TUSK_BIN/hdfs" "$scratch/compare" "${@/#/$folder/}"
}

# ---- A cluster of the stock NameNode and DataNodes, each its own process.

stock_pids=()
at_finish+=(stop_stock_cluster)
stop_stock_cluster() {
  local pid
  for pid in "${stock_pids[@]}"; do alive "$pid" && kill_hard "$pid"; done
  stock_pids=()
}

stock_java() {  # NAME CLASS ARGUMENT...: becomes the program
  local name=$1
  shift
  exec java -Xmx256m "${java_options[@]}" -Dhadoop.log.dir="$stock/logs" \
    -cp "$stock/conf:$compat_log4j:$stock/share:$compat_cache/server/*" "$@" >"$stock/logs/$name.log" 2>&1 </dev/null
}

stock_daemon() {  # as stock_java, but in the background: appends to stock_pids
  stock_java "$@" &
  stock_pids+=($!)
  disown $!  # the shell says no word when one is killed
}

site_file() {  # [key=value...]: the text of a *-site.xml
  local setting
  echo '<configuration>'
  for setting in "$@"; do
    printf '<property>\n<name>%s</name>\n<value>%s</value>\n</property>\n' "${setting%%=*}" "${setting#*=}"
  done
  echo '</configuration>'
}

# start_stock_cluster DATANODES [key=value...]: sets $stock (its folder) and HADOOP_CONF_DIR.
start_stock_cluster() {
  local base datanodes=$1 i
  local server=org.apache.hadoop.hdfs.server
  shift
  stock=$scratch/stock
  base=$(free_base_port)
  stock_http=127.0.0.1:$((base + 1))
  # Maven's jars carry no web pages, and without the folders of them no daemon starts.
  mkdir -p "$stock"/{conf,logs,share/webapps/{hdfs,datanode,static}}
  site_file "fs.defaultFS=hdfs://127.0.0.1:$base" "hadoop.tmp.dir=$stock/tmp" >"$stock/conf/core-site.xml"
  site_file "dfs.namenode.rpc-address=127.0.0.1:$base" "dfs.namenode.http-address=$stock_http" \
    "dfs.namenode.name.dir=file://$stock/name" dfs.datanode.hostname=127.0.0.1 "dfs.replication=$datanodes" \
    dfs.namenode.safemode.extension=0 "$@" >"$stock/conf/hdfs-site.xml"
  export HADOOP_CONF_DIR=$stock/conf
  (stock_java format $server.namenode.NameNode -format -nonInteractive) ||
    { tail -n 30 "$stock/logs/format.log"; fail "the stock NameNode does not format"; }
  stock_daemon namenode $server.namenode.NameNode
  for i in $(seq "$datanodes"); do
    stock_daemon "datanode$i" $server.datanode.DataNode "-Ddfs.datanode.data.dir=file://$stock/data$i" \
      "-Ddfs.datanode.address=127.0.0.1:$((base + 3 * i))" "-Ddfs.datanode.ipc.address=127.0.0.1:$((base + 3 * i + 1))" \
      "-Ddfs.datanode.http.address=127.0.0.1:$((base + 3 * i + 2))"
  done
  eventually 120 stock_is_ready "$datanodes" # ready: all registered, and no safe mode
}

stock_is_ready() {
  [ "$(stock_figure FSNamesystem NumLiveDataNodes)" = "$1" ] && [ -z "$(stock_figure NameNodeInfo Safemode)" ]
}

# stock_figure BEAN ATTRIBUTE: one number or text of the stock NameNode's /jmx.
stock_figure() {
  python3 - "http://$stock_http/jmx?qry=Hadoop:service=NameNode,name=$1" "$2" <<'PYTHON'
import json, sys, urllib.request
print(json.load(urllib.request.urlopen(sys.argv[1], timeout=10))["beans"][0][sys.argv[2]])
PYTHON
}
