#!/usr/bin/env bash
# A daemon that cannot start says why in one clear line, exits non-zero, and disturbs nobody.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 1 -D dfs.replication=1
echo x | tusk dfs -put - /x
namenode=$(pid_of namenode) datanode=$(pid_of datanode-1)

refuses() {  # PART COMMAND...: it ends by itself, and PART stands in its last words
  local part=$1 words; shift
  if words=$(timeout $((20 * slowdown)) "$@" 2>&1); then fail "should not have started: $*"; fi
  expect_contains "$(grep -v '^20.* [IW] ' <<<"$words" | tail -n 1)" "$part"
}
rpc=$(conf_value dfs.namenode.rpc-address)
data=$(sed -n 's/.*dfs.datanode.address=127.0.10.1:\([0-9]*\).*/\1/p' < <(tr '\0' ' ' <"/proc/$datanode/cmdline"))

# A port in use is named together with the process that holds it.
refuses "port ${rpc#*:} on 127.0.0.1 is in use by process $namenode (tusk-namenode)" \
  tusk cluster start --dir "$scratch/second" --base-port "${rpc#*:}" --workers 1
refuses "port $data on 127.0.10.1 is in use by process $datanode (tusk-datanode)" \
  tusk datanode -D "dfs.datanode.data.dir=$scratch/data" -D "dfs.datanode.address=127.0.10.1:$data"
tusk namenode -format -D "dfs.namenode.name.dir=$scratch/name" >/dev/null
refuses "port ${rpc#*:} on 127.0.0.1 is in use by process $namenode (tusk-namenode)" \
  tusk namenode -D "dfs.namenode.name.dir=$scratch/name"

# Directories: in use, not formatted, a file in the way, another cluster's.
refuses "is locked by process $namenode" tusk namenode
refuses "is locked by process $namenode" tusk namenode -format -force
refuses "is locked by process $datanode" \
  tusk datanode -D "dfs.datanode.data.dir=$cluster/workers/127.0.10.1/data"
refuses "holds no namespace" tusk namenode -D "dfs.namenode.name.dir=$scratch/empty"
[ ! -e "$scratch/empty" ] || fail "a refused start made a directory"
touch "$scratch/file"
refuses "Not a directory" tusk namenode -format -D "dfs.namenode.name.dir=$scratch/file"
refuses "Not a directory" tusk datanode -D "dfs.datanode.data.dir=$scratch/file"
refuses "is no absolute path" tusk datanode -D dfs.datanode.data.dir=data
base=$(free_base_port)
foreign=(-D "dfs.datanode.address=127.0.10.9:$base" -D "dfs.datanode.ipc.address=127.0.10.9:$((base + 1))"
  -D "dfs.datanode.http.address=127.0.10.9:$((base + 2))" -D "tusk.datanode.link.address=127.0.10.9:$((base + 3))")
cp -r "$cluster/workers/127.0.10.1/data" "$scratch/foreign"
sed -i 's/^clusterID=.*/clusterID=CID-another/' "$(find "$scratch/foreign" -name VERSION | head -n 1)"
refuses "CID-another" tusk datanode -D "dfs.datanode.data.dir=$scratch/foreign" "${foreign[@]}"

# Configuration that cannot be read, values that make no sense: file or key are named.
refuses "configuration folder $scratch/none: No such file or directory" tusk datanode --config "$scratch/none"
cp -r "$HADOOP_CONF_DIR" "$scratch/conf"
echo '<configuration><property>' >"$scratch/conf/hdfs-site.xml"
refuses "$scratch/conf/hdfs-site.xml: line 1" tusk datanode --config "$scratch/conf"
refuses "$scratch/conf/hdfs-site.xml: line 1" env HADOOP_CONF_DIR="$scratch/conf" tusk dfs -ls /
refuses 'dfs.replication = "many" (-D): expected a whole number' tusk namenode -D dfs.replication=many
refuses 'dfs.blocksize = "1" (-D): expected a size' tusk dfs -D dfs.blocksize=1 -put "$scratch/file" /y
expect_contains "$(tusk namenode --nosuch 2>&1 || true)" "unknown option --nosuch"

expect_equal "$(tusk dfs -cat /x)" x "after all that"
expect_equal "$(pid_of namenode) $(pid_of datanode-1)" "$namenode $datanode" "the daemons"
