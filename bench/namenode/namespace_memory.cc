// How many bytes of memory does one file with one block cost in the namespace, and how long do
// making and finding it take? N files (default 1 M), 100 per directory, names of 12 characters.
//
// Prints one JSON line. The answer is checked: every file is found by path and by id.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "namenode/namesystem/directory.h"

namespace tusk::namenode {
namespace {

constexpr int kFilesPerDirectory = 100;

int64_t ResidentBytes() {
  int64_t size = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::string Name(const char* prefix, int64_t number) {
  std::string digits = std::to_string(number);
  return prefix + std::string(11 - digits.size(), '0') + digits;
}

InodeId Add(Directory* tree, int64_t* last, InodeId parent, const std::string& name,
            bool directory) {
  const InodeId id(++*last);
  Inode* inode = tree->Add({.id = id,
                            .parent = parent,
                            .name = name,
                            .directory = directory,
                            .owner = "alice",
                            .group = "staff",
                            .permission = {0644},
                            .mtime_ms = 1,
                            .replication = 3,
                            .block_size = 128 << 20});
  if (!directory) {
    BlockEntry block;
    block.id = BlockId((int64_t{1} << 30) + id.value());
    block.generation_stamp = GenerationStamp(1001);
    block.num_bytes = 1000;
    block.set_state(BlockState::kComplete);
    tree->AddBlock(inode, block);
  }
  return id;
}

int Run(int64_t files) {
  Directory tree;
  tree.Format("hdfs", "supergroup", 1);
  int64_t last = kRootInodeId.value();
  const int64_t before = ResidentBytes();
  const TimePoint start = Clock::Real()->Now();
  InodeId parent;
  for (int64_t i = 0; i < files; ++i) {
    if (i % kFilesPerDirectory == 0) {
      parent = Add(&tree, &last, kRootInodeId, Name("d", i / kFilesPerDirectory), true);
    }
    Add(&tree, &last, parent, Name("f", i), false);
  }
  const double insert_seconds = ToSeconds(Clock::Real()->Now() - start);
  const int64_t bytes = ResidentBytes() - before;

  const TimePoint look = Clock::Real()->Now();
  for (int64_t i = 0; i < files; ++i) {
    const int64_t wanted = i * 7919 % files;
    ParsedPath path;
    path.components = {Name("d", wanted / kFilesPerDirectory), Name("f", wanted)};
    auto resolved = tree.Resolve(path);
    CHECK(resolved.ok() && resolved->exists());
    CHECK_EQ(tree.Find(resolved->last()->id), resolved->last());
  }
  const double find_seconds = ToSeconds(Clock::Real()->Now() - look);
  CHECK_EQ(tree.block_count(), files);
  std::printf(
      "{\"bench\":\"namespace_memory\",\"files\":%lld,\"bytes_per_file\":%.1f,"
      "\"insert_ns\":%.0f,\"resolve_ns\":%.0f}\n",
      static_cast<long long>(files), static_cast<double>(bytes) / static_cast<double>(files),
      1e9 * insert_seconds / static_cast<double>(files),
      1e9 * find_seconds / static_cast<double>(files));
  return 0;
}

}  // namespace
}  // namespace tusk::namenode

int main(int argc, char** argv) {
  const long long files = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  if (files <= 0) {
    std::fprintf(stderr, "usage: %s [FILES]\n", argv[0]);
    return 2;
  }
  return tusk::namenode::Run(files);
}
