#!/usr/bin/env bash
# A program outside the tree, one .cc and a CMakeLists.txt of ten lines, builds with find_package(Tusk)
# and runs in both modes; with a capturing lambda it does not compile, and the compiler says what to
# write.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/jobs.sh"
here=$(cd "$(dirname "$0")" && pwd)
build_tree=$(cd "$TUSK_BIN/.." && pwd)
# With the compiler of libtusk: a sanitizer's runtime is the compiler's own.
compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build_tree/CMakeCache.txt")

cp -r "$here/../out_of_tree/initials" "$scratch/initials"
[ "$(grep -c . "$scratch/initials/CMakeLists.txt")" -le 10 ] || fail "more than ten lines of CMakeLists.txt"
cmake -G Ninja -S "$scratch/initials" -B "$scratch/initials/build" -DCMAKE_CXX_COMPILER="$compiler" -DTusk_DIR="$build_tree" >"$scratch/cmake.log" 2>&1 ||
  { cat "$scratch/cmake.log"; fail "cmake"; }

# The capturing one, compiled beside the good one.
cp -r "$scratch/initials" "$scratch/capturing"
rm -r "$scratch/capturing/build"
sed -i -e 's/tusk::Bind(shortest), \[\](uint64_t shortest, /[shortest](/' "$scratch/capturing/initials.cc"
grep -qF '[shortest](std::string_view line' "$scratch/capturing/initials.cc" || fail "nothing was replaced"
cmake -G Ninja -S "$scratch/capturing" -B "$scratch/capturing/build" -DCMAKE_CXX_COMPILER="$compiler" -DTusk_DIR="$build_tree" >/dev/null
(cmake --build "$scratch/capturing/build" >"$scratch/capturing.log" 2>&1 && touch "$scratch/it-compiles" || true) &
capturing=$!
cmake --build "$scratch/initials/build" >"$scratch/build.log" 2>&1 ||
  { cat "$scratch/build.log"; fail "the program does not build"; }
wait $capturing
[ ! -e "$scratch/it-compiles" ] || fail "a capturing lambda compiles"
errors=$(grep -c 'error:' "$scratch/capturing.log")
expect_equal "$errors" 1 "errors of the compiler"
expect_contains "$(grep 'error:' "$scratch/capturing.log")" \
  "FlatMap: this function captures variables, which stay behind on the driver. Write [] and pass what it needs by value: FlatMap(Bind(x, y), [](const X& x, const Y& y, const T& record) {...})"

# Started by hand it says how it is started.
expect_failure "$scratch/initials/build/initials"
expect_contains "$failure" "start it with \`tusk job run $scratch/initials/build/initials"

start_cluster --workers 2 -D dfs.replication=1 -D dfs.blocksize=1m
awk 'BEGIN { for (i = 0; i < 400000; i++) print "alpha be " (i % 3 ? "gamma" : "de") " " "delta" }' >"$scratch/text"
tusk dfs -put "$scratch/text" /text
awk '{ for (i = 1; i <= NF; i++) if (length($i) >= 3) ++n[substr($i, 1, 1)] } END { for (c in n) print c "\t" n[c] }' \
  "$scratch/text" | sort >"$scratch/expected"
for mode in disk memory; do
  tusk job run --mode $mode "$scratch/initials/build/initials" /text /out-$mode 3 2>"$scratch/run.err" ||
    { cat "$scratch/run.err"; fail "the program does not run in $mode mode"; }
  tusk dfs -cat "/out-$mode/part-*" | sort | cmp - "$scratch/expected" || fail "$mode mode gives another result"
done
expect_nothing_left
