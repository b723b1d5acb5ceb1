#!/usr/bin/env bash
# Installs what Tusk needs from Debian 12, as far as it is missing: install_deps.sh [--deep] [--dry-run]
#   (nothing)   what building and testing need
#   --deep      also what `./check --deep` needs: clang 19 for sanitizers, analysis and fuzzers
#   --dry-run   only says what is missing; exit code 1 when something is
# Works as root or with sudo. Runs apt-get only when something is missing.
set -euo pipefail

packages=(
  # compilers and tools
  g++ cmake ninja-build ccache mold python3 git ca-certificates clang-format-19
  # inside protocols and messages
  protobuf-compiler libprotobuf-dev libgrpc++-dev protobuf-compiler-grpc
  # storage, sums and codecs
  libleveldb-dev libisal-dev liblz4-dev libzstd-dev libsnappy-dev zlib1g-dev libbz2-dev libxxhash-dev
  # network and security
  libssl-dev libboost-dev libboost-filesystem-dev
  # text, logs, configuration
  libspdlog-dev libpugixml-dev nlohmann-json3-dev
  # tests
  libgtest-dev libgmock-dev procps
)
deep=(clang-19 libclang-rt-19-dev llvm-19)

dry_run=no
for option in "$@"; do
  case $option in
    --deep) packages+=("${deep[@]}") ;;
    --dry-run) dry_run=yes ;;
    *) echo "install_deps.sh: unknown option $option" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "install_deps.sh: this is not Debian; it needs: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  echo "All ${#packages[@]} packages are installed."
  exit 0
fi
echo "Missing: ${missing[*]}"
[ $dry_run = no ] || exit 1

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install_deps.sh: run it as root, or install sudo" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} packages with apt-get."
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
