#!/usr/bin/env bash
# Fetches what the compatibility tests drive: Hadoop's Java client, its NameNode and DataNode (Maven),
# hdfs-native and PySpark (PyPI). Nothing of them enters the tree. Idempotent; says what it does.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${TUSK_COMPAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tusk-compat}
mkdir -p "$cache"

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
missing=()
command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv python3-pip)
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing for the compatibility tests: ${missing[*]}"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

fetch_jars() {  # WHAT POM FOLDER: the jars a POM asks for, and all they need
  local folder=$cache/$3
  if cmp -s "$2" "$folder/complete"; then return; fi
  echo "fetching $1"
  rm -rf "$folder"
  mvn -q -B -f "$2" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$folder"
  cp "$2" "$folder/complete"
}
fetch_jars "Hadoop's Java client" "$here/pom.xml" hadoop
fetch_jars "Hadoop's NameNode and DataNode" "$here/server/pom.xml" server
if ! cmp -s "$here/requirements.txt" "$cache/venv/requirements.txt"; then
  echo "fetching hdfs-native and PySpark"
  [ -x "$cache/venv/bin/python" ] || python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$cache/venv/requirements.txt"
fi
