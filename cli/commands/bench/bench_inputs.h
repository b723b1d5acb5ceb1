// The benchmarks' inputs in the DFS: made when they are not there yet, kept for the next run.
//
//   <home>/tusk-bench/input/{text,records,points}-<size>-<splits>
//
// The same size and number of splits always give the same bytes. Each input has about `splits`
// blocks, so that all nodes have something to do with small ones too.
// Threads: not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/commands/bench/program_runner.h"
#include "client/file_system.h"
#include "common/base/status.h"

namespace tusk::cli {

struct BenchInput {
  std::string path;
  std::string description;  // "64.0 MB of text, /user/x/..."
  int64_t records = 0;      // rows, where it has them
};

class BenchInputs {
 public:
  // `say` shows progress.
  BenchInputs(FileSystem* file_system, ProgramRunner* runner, std::string directory, int splits,
              std::function<void(const std::string&)> say)
      : file_system_(file_system),
        runner_(runner),
        directory_(std::move(directory)),
        splits_(splits),
        say_(std::move(say)) {}

  StatusOr<BenchInput> Text(int64_t bytes);
  StatusOr<BenchInput> Records(int64_t bytes);  // of 100 bytes
  StatusOr<BenchInput> Points(int64_t bytes);   // lines of some 97 bytes
  // One that the user gave.
  StatusOr<BenchInput> Given(const std::string& path);

 private:
  std::string PathOf(const char* kind, int64_t size) const;
  Status WriteText(const std::string& path, int64_t bytes);
  StatusOr<BenchInput> Described(const std::string& path, const std::string& what);
  // Runs `program` rows path, unless its output is there already.
  Status Generate(const std::string& program, int64_t rows, const std::string& path);

  FileSystem* const file_system_;
  ProgramRunner* const runner_;
  const std::string directory_;
  const int splits_;
  const std::function<void(const std::string&)> say_;
};

}  // namespace tusk::cli
