// Operators for the engine's own tests: records are 64-bit numbers, or pairs of them in a shuffle.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "mapreduce/engine/plan/engine.h"
#include "mapreduce/engine/plan/operator.h"
#include "mapreduce/engine/plan/task_context.h"

namespace tusk::mapreduce {

class NumberSink : public Operator {
 public:
  virtual Status Push(std::span<const int64_t> batch) = 0;
};

// Numbers [begin, end) of its split.
OpSpec RangeSource();
std::string EncodeRange(int64_t begin, int64_t end);

OpSpec AddAmount(int64_t amount);
// A user function that throws when it meets `number`.
OpSpec ThrowAt(int64_t number);

// Map side of a shuffle: key = number % modulus, to partition key % partitions.
OpSpec WriteByRemainder(int64_t modulus);
// Reduce side: gives for each key the sum of its numbers, as key * 1'000'000 + sum % 1'000'000.
OpSpec SumByKey();

// Keeps the partition's numbers (LineageNode::storage).
OpSpec CacheNumbers();

// Result: the sum and the count of the partition's numbers.
OpSpec SumResult();
struct Sum {
  int64_t sum = 0;
  int64_t count = 0;
};
Sum DecodeSum(const std::string& result);
Sum Total(const JobResult& result);

// Writes the numbers as text lines into the job's output.
OpSpec TextOutput();

// A node over ranges of `per_partition` numbers each, from 0 on.
StatusOr<LineageId> AddRanges(Engine& engine, int partitions, int64_t per_partition);
// One narrow step.
StatusOr<LineageId> AddStep(Engine& engine, LineageId parent, int partitions, OpSpec op,
                            StorageLevel storage = {});
// A shuffle by remainder and the sums behind it.
StatusOr<LineageId> AddSums(Engine& engine, LineageId parent, int64_t modulus, int partitions,
                            ShuffleId* shuffle = nullptr);

}  // namespace tusk::mapreduce
