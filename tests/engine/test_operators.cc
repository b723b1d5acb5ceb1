#include "tests/engine/test_operators.h"

#include <fstream>
#include <stdexcept>

namespace tusk::mapreduce {
namespace {

constexpr int64_t kBatch = 256;

// What all of these share: In and Out are numbers.
struct NumberOp : NumberSink {
  using In = int64_t;
  using Out = int64_t;
  Status PushOn(std::span<const int64_t> batch) {
    return static_cast<NumberSink*>(next())->Push(batch);
  }
};

template <class Op, class... Args>
OpSpec Spec(Args... args) {
  Writer writer;
  (writer.Raw<int64_t>(args), ...);
  return {DescriptorOf<Op>(), writer.Take()};
}

int64_t Number(Reader& reader) {
  int64_t value = 0;
  reader.Raw(&value);
  return value;
}

struct RangeSourceOp final : NumberOp {
  static constexpr const char* kKind = "Range";
  using In = void;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<RangeSourceOp>(); }

  Status Run(TaskContext& task, Inputs& inputs) override {
    Reader split(inputs.split());
    int64_t at = Number(split);
    const int64_t end = Number(split);
    if (!split.ok()) return DataLossError("bad split");
    std::vector<int64_t> batch;
    while (at < end) {
      RETURN_IF_ERROR(task.Check());
      batch.clear();
      for (; at < end && static_cast<int64_t>(batch.size()) < kBatch; ++at) batch.push_back(at);
      RETURN_IF_ERROR(PushOn(batch));
    }
    return Status::Ok();
  }
  Status Push(std::span<const int64_t>) override { return InternalError("a source"); }
};

struct AddAmountOp final : NumberOp {
  static constexpr const char* kKind = "Add";
  static std::unique_ptr<Operator> Decode(Reader& bound) {
    auto op = std::make_unique<AddAmountOp>();
    op->amount = Number(bound);
    return op;
  }
  Status Push(std::span<const int64_t> batch) override {
    buffer.assign(batch.begin(), batch.end());
    for (int64_t& number : buffer) number += amount;
    return PushOn(buffer);
  }
  int64_t amount = 0;
  std::vector<int64_t> buffer;
};

struct ThrowAtOp final : NumberOp {
  static constexpr const char* kKind = "ThrowAt";
  static std::unique_ptr<Operator> Decode(Reader& bound) {
    auto op = std::make_unique<ThrowAtOp>();
    op->bad = Number(bound);
    return op;
  }
  Status Push(std::span<const int64_t> batch) override {
    for (const int64_t number : batch) {
      if (number == bad) throw std::runtime_error("cannot take " + std::to_string(number));
    }
    return PushOn(batch);
  }
  int64_t bad = 0;
};

struct WriteByRemainderOp final : NumberOp {
  static constexpr const char* kKind = "WriteByRemainder";
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader& bound) {
    auto op = std::make_unique<WriteByRemainderOp>();
    op->modulus = Number(bound);
    return op;
  }
  Status Run(TaskContext& task, Inputs& inputs) override {
    partitions = task.shuffle_partitions();
    ASSIGN_OR_RETURN(sink, task.OpenShuffleSink({}));
    RETURN_IF_ERROR(inputs.Produce(0, this));
    ASSIGN_OR_RETURN(MapOutput output, sink->Finish());
    task.SetMapOutput(std::move(output));
    return Status::Ok();
  }
  Status Push(std::span<const int64_t> batch) override {
    for (const int64_t number : batch) {
      std::string key;
      AppendBigEndian(&key, number % modulus);
      std::string value;
      AppendBigEndian(&value, number);
      const auto partition = static_cast<int>(number % modulus % partitions);
      RETURN_IF_ERROR(sink->Add(partition, key, value));
    }
    return Status::Ok();
  }
  int64_t modulus = 1;
  int partitions = 0;
  std::unique_ptr<ShuffleSink> sink;
};

struct SumByKeyOp final : NumberOp {
  static constexpr const char* kKind = "SumByKey";
  using In = void;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<SumByKeyOp>(); }

  Status Run(TaskContext&, Inputs& inputs) override {
    ASSIGN_OR_RETURN(auto source, inputs.OpenShuffle(0, {}));
    std::string_view key;
    std::string_view value;
    int64_t last = -1;
    int64_t sum = 0;
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, source->Next(&key, &value));
      const int64_t number = more ? LoadBigEndian<int64_t>(key.data()) : -1;
      if (number < last && more) return DataLossError("keys are out of order");
      if (number != last) {
        if (last >= 0)
          RETURN_IF_ERROR(PushOn(std::vector<int64_t>{last * 1'000'000 + sum % 1'000'000}));
        last = number;
        sum = 0;
      }
      if (!more) return Status::Ok();
      sum += LoadBigEndian<int64_t>(value.data());
    }
  }
  Status Push(std::span<const int64_t>) override { return InternalError("a source"); }
};

struct CachedNumbers final : CachedPartition {
  std::vector<int64_t> numbers;
  int64_t memory_bytes() const override { return static_cast<int64_t>(numbers.size() * 8); }
  Status Encode(const std::function<Status(std::string_view)>& append) const override {
    return append({reinterpret_cast<const char*>(numbers.data()), numbers.size() * 8});
  }
};

struct CacheNumbersOp final : NumberOp {
  static constexpr const char* kKind = "Cache";
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<CacheNumbersOp>(); }

  Status Run(TaskContext& task, Inputs& inputs) override {
    if (auto hit = task.blocks().Find(inputs.node(), inputs.partition()); hit.has_value()) {
      task.counters().Add(counter::kTuskGroup, counter::kCacheHits, 1);
      if (hit->memory != nullptr) {
        return PushOn(static_cast<const CachedNumbers*>(hit->memory.get())->numbers);
      }
      for (;;) {
        ASSIGN_OR_RETURN(const auto chunk, hit->disk->Next());
        if (!chunk.has_value()) return Status::Ok();
        std::vector<int64_t> numbers(chunk->size() / 8);
        std::memcpy(numbers.data(), chunk->data(), chunk->size());
        RETURN_IF_ERROR(PushOn(numbers));
      }
    }
    task.counters().Add(counter::kTuskGroup, counter::kCacheMisses, 1);
    RETURN_IF_ERROR(inputs.Produce(0, this));
    RETURN_IF_ERROR(PushOn(gathered->numbers));
    MemoryShare share(&task.memory());
    if (inputs.storage().memory && share.Grow(gathered->memory_bytes())) {
      task.blocks().Put(inputs.node(), inputs.partition(), inputs.storage(), std::move(gathered),
                        share.Detach());
      return Status::Ok();
    }
    if (!inputs.storage().disk) return Status::Ok();
    ASSIGN_OR_RETURN(const auto file, task.blocks().OpenDisk(inputs.node(), inputs.partition()));
    RETURN_IF_ERROR(gathered->Encode([&](std::string_view bytes) { return file->Append(bytes); }));
    return file->Commit();
  }
  Status Push(std::span<const int64_t> batch) override {
    gathered->numbers.insert(gathered->numbers.end(), batch.begin(), batch.end());
    return Status::Ok();
  }
  std::shared_ptr<CachedNumbers> gathered = std::make_shared<CachedNumbers>();
};

struct SumResultOp final : NumberOp {
  static constexpr const char* kKind = "SumResult";
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<SumResultOp>(); }
  Status Push(std::span<const int64_t> batch) override {
    for (const int64_t number : batch) total.sum += number;
    total.count += static_cast<int64_t>(batch.size());
    return Status::Ok();
  }
  Status Finish(TaskContext& task) override {
    Writer writer;
    writer.Raw(total);
    task.SetResult(writer.Take());
    return Status::Ok();
  }
  Sum total;
};

struct TextOutputOp final : NumberOp {
  static constexpr const char* kKind = "TextOutput";
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<TextOutputOp>(); }
  Status Run(TaskContext& task, Inputs& inputs) override {
    ASSIGN_OR_RETURN(const std::string directory, task.OutputDirectory());
    out.open(directory + "/part-" + std::to_string(inputs.partition()));
    RETURN_IF_ERROR(inputs.Produce(0, this));
    out.close();
    return out ? Status::Ok() : InternalError("cannot write");
  }
  Status Push(std::span<const int64_t> batch) override {
    for (const int64_t number : batch) out << number << "\n";
    return Status::Ok();
  }
  std::ofstream out;
};

}  // namespace

OpSpec RangeSource() {
  return Spec<RangeSourceOp>();
}
std::string EncodeRange(int64_t begin, int64_t end) {
  Writer writer;
  writer.Raw(begin);
  writer.Raw(end);
  return writer.Take();
}
OpSpec AddAmount(int64_t amount) {
  return Spec<AddAmountOp>(amount);
}
OpSpec ThrowAt(int64_t number) {
  return Spec<ThrowAtOp>(number);
}
OpSpec WriteByRemainder(int64_t modulus) {
  return Spec<WriteByRemainderOp>(modulus);
}
OpSpec SumByKey() {
  return Spec<SumByKeyOp>();
}
OpSpec CacheNumbers() {
  return Spec<CacheNumbersOp>();
}
OpSpec SumResult() {
  return Spec<SumResultOp>();
}
OpSpec TextOutput() {
  return Spec<TextOutputOp>();
}

Sum DecodeSum(const std::string& result) {
  Sum sum;
  Reader reader(result);
  reader.Raw(&sum);
  return sum;
}

Sum Total(const JobResult& result) {
  Sum total;
  for (const std::string& one : result.results) {
    const Sum sum = DecodeSum(one);
    total.sum += sum.sum;
    total.count += sum.count;
  }
  return total;
}

StatusOr<LineageId> AddRanges(Engine& engine, int partitions, int64_t per_partition) {
  LineageNode node;
  node.op = RangeSource();
  node.name = "Range";
  node.partitions = partitions;
  for (int p = 0; p < partitions; ++p) {
    node.inputs.push_back({EncodeRange(p * per_partition, (p + 1) * per_partition), {}, 0});
  }
  return engine.AddNode(std::move(node));
}

StatusOr<LineageId> AddStep(Engine& engine, LineageId parent, int partitions, OpSpec op,
                            StorageLevel storage) {
  LineageNode node;
  node.name = op.descriptor->kind;
  node.op = std::move(op);
  node.partitions = partitions;
  node.storage = storage;
  NarrowDependency narrow;
  narrow.parent = parent;
  node.parents.emplace_back(narrow);
  return engine.AddNode(std::move(node));
}

StatusOr<LineageId> AddSums(Engine& engine, LineageId parent, int64_t modulus, int partitions,
                            ShuffleId* shuffle) {
  LineageNode node;
  node.op = SumByKey();
  node.name = "SumByKey";
  node.partitions = partitions;
  ShuffleDependency dependency;
  dependency.id = engine.NewShuffle();
  dependency.parent = parent;
  dependency.partitions = partitions;
  dependency.order = ShuffleOrder::kByKey;
  dependency.writer = WriteByRemainder(modulus);
  if (shuffle != nullptr) *shuffle = dependency.id;
  node.parents.emplace_back(std::move(dependency));
  return engine.AddNode(std::move(node));
}

}  // namespace tusk::mapreduce
