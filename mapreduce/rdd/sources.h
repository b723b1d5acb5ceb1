// Where an RDD begins: records of the program, lines of files.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapreduce/formats/text.h"
#include "mapreduce/rdd/operator.h"

namespace tusk::rdd {

// The split holds the records themselves.
template <class T>
struct ParallelizeOp final : TaskOperator {
  static constexpr const char* kKind = "Parallelize";
  using In = void;
  using Out = T;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<ParallelizeOp>(); }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    Reader in(inputs.split());
    std::vector<T> records;
    Codec<std::vector<T>>::Decode(in, records);
    if (!in.ok()) return InternalError("the records of Parallelize do not decode");
    auto* out = static_cast<Stage<T>*>(next());
    for (size_t at = 0; at < records.size(); at += kBatchRecords) {
      RETURN_IF_ERROR(task.Check());
      if constexpr (std::is_same_v<T, bool>) {
        for (size_t i = at; i < std::min(records.size(), at + kBatchRecords); ++i) {
          const bool record = records[i];
          RETURN_IF_ERROR(out->Push({&record, 1}));
        }
      } else {
        const size_t count = std::min(kBatchRecords, records.size() - at);
        RETURN_IF_ERROR(out->Push({records.data() + at, count}));
      }
    }
    return Status::Ok();
  }
};

// Lines as views into the reader's buffer.
struct TUSK_EXPORT TextFileOp final : TaskOperator {
  static constexpr const char* kKind = "TextFile";
  using In = void;
  using Out = std::string_view;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<TextFileOp>(); }

  Status RunTask(TaskContext& task, Inputs& inputs) override;
};

}  // namespace tusk::rdd
