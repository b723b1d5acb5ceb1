// What driver and runner read from one another and from disk: messages in frames, the news and the
// report of a job, segments of a shuffle, encoded values. What was understood encodes to bytes that
// are understood as the same.
#include <array>
#include <map>

#include "common/base/check.h"
#include "common/io/checksum.h"
#include "mapreduce/engine/shuffle/spill_file.h"
#include "mapreduce/rdd/codec.h"
#include "mapreduce/rpc/job_codec.h"
#include "mapreduce/server/link/task_codec.h"
#include "tests/fuzz/fuzz_target.h"

namespace tusk::fuzz {
namespace {

using namespace mapreduce;

enum class Kind : uint8_t {
  kToDriver,    // a message
  kToRunner,    // likewise
  kFrame,       // a piece of a message
  kReport,      // a job's report
  kSegment,     // bytes of a shuffle segment
  kGoodFrames,  // records of a segment, framed with right sums
  kValue,       // an encoded value
  kCount,
};

template <class Decode>
void CheckMessage(std::string_view bytes, Decode decode) {
  const auto message = decode(bytes);
  if (!message.ok()) return;
  const std::string encoded = Encode(*message);
  const auto again = decode(encoded);
  CHECK(again.ok());
  CHECK(Encode(*again) == encoded);
}

void CheckReport(std::string_view bytes) {
  const auto report = DecodeReport(bytes);
  if (!report.ok()) return;
  const std::string encoded = EncodeReport(*report);
  CHECK(EncodeReport(DecodeReport(encoded).value()) == encoded);
}

// Ends, with a status; every record lies in the segment.
void ReadSegment(const std::string& bytes) {
  const auto source = DecodeSegment(SegmentInMemory(std::make_shared<const std::string>(bytes), 0,
                                                    static_cast<int64_t>(bytes.size())));
  size_t records = 0;
  uint64_t sum = 0;
  while (source->Next()) {
    for (const char c : source->record().key) sum += static_cast<uint8_t>(c);
    for (const char c : source->record().value) sum += static_cast<uint8_t>(c);
    ++records;
  }
  CHECK(records <= (bytes.size() + 1) * 256);  // LZ4 makes at most that much of a byte
  CHECK(sum == 0 || records > 0);
}

// A frame as SegmentEncoder writes it, whatever the records are.
std::string Framed(const std::string& records) {
  std::string frame;
  const auto append = [&frame](uint32_t value) {
    frame.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  append(static_cast<uint32_t>(records.size()));
  append(static_cast<uint32_t>(records.size()));
  append(Crc32c(records));
  frame.push_back(0);
  return frame + records;
}

struct Aggregate {
  int32_t a = 0;
  std::string b;
  std::vector<double> c;
};

template <class T>
void CheckValue(std::string_view bytes) {
  Reader in(bytes);
  T value{};
  Codec<T>::Decode(in, value);
  if (!in.ok()) return;
  const std::string encoded = Encoded(value);
  Reader in_again(encoded);
  T again{};
  Codec<T>::Decode(in_again, again);
  CHECK(in_again.ok());
  CHECK(Encoded(again) == encoded);
}

void CheckValues(std::string_view bytes) {
  CheckValue<bool>(bytes);
  CheckValue<std::vector<std::string>>(bytes);
  CheckValue<std::vector<bool>>(bytes);
  CheckValue<std::array<bool, 2>>(bytes);
  CheckValue<std::optional<int64_t>>(bytes);
  CheckValue<std::pair<std::string, std::vector<double>>>(bytes);
  CheckValue<std::map<std::string, std::tuple<int32_t, std::string>>>(bytes);
  CheckValue<Aggregate>(bytes);
}

}  // namespace

void RunTarget(const Input& input) {
  FrameJoiner joiner;
  for (const Piece& piece : input) {
    const std::string& bytes = piece.bytes;
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kToDriver:
        CheckMessage(bytes, &DecodeToDriver);
        break;
      case Kind::kToRunner:
        CheckMessage(bytes, &DecodeToRunner);
        break;
      case Kind::kFrame: {
        const auto whole = joiner.Add(bytes);
        if (!whole.ok()) break;
        for (const std::string& message : *whole) CheckMessage(message, &DecodeToDriver);
        break;
      }
      case Kind::kReport:
        CheckReport(bytes);
        break;
      case Kind::kSegment:
        ReadSegment(bytes);
        break;
      case Kind::kGoodFrames:
        ReadSegment(Framed(bytes) + Framed(bytes));
        break;
      case Kind::kValue:
        CheckValues(bytes);
        break;
      case Kind::kCount:
        break;
    }
  }
}

std::vector<Input> Seeds() {
  const auto piece = [](Kind kind, std::string bytes) {
    return Piece{static_cast<uint8_t>(kind), std::move(bytes)};
  };
  const TaskAttemptId attempt{StageId(1), 2, 0, 3};
  TaskOutcome outcome;
  outcome.id = attempt;
  outcome.end = TaskEnd::kFetchFailed;
  outcome.map_output = MapOutput{{"127.0.10.1", 1, true}, "/partitions/1", {1, 2, 3}};
  outcome.fetch_failure = FetchFailure{ShuffleId(1), 2, {"h", 1, false}, "/p", true, "gone"};
  outcome.counters.Add("group", "name", 5);
  outcome.cached.push_back({LineageId(1), 2, true, false, 100});
  RunnerHello hello;
  hello.container = "container_1";
  hello.modules.push_back({"hash", "path"});
  RunnerHeartbeat heartbeat;
  heartbeat.running.push_back({attempt, 0.5});
  auto plan = std::make_shared<StagePlan>();
  plan->partitions = 2;
  plan->nodes.push_back({});
  plan->nodes.back().inputs.push_back({});
  plan->nodes.back().inputs.back().narrow.groups = {{0, 1}, {2}};
  TaskSpec spec;
  spec.id = attempt;
  spec.splits.push_back({LineageId(1), 0, "split"});
  spec.reads.push_back({LineageId(1), 0, {}});
  spec.reads.back().from.segments.push_back({1, {"h", 1, false}, "/p", 0, 10});
  RunnerWelcome welcome;
  welcome.options["key"] = "value";
  DropNews drop;
  drop.shuffles.push_back(ShuffleId(1));
  ProgramReport report;
  report.status.stages.push_back({});
  report.status.runners.push_back({});
  report.status.workers.push_back({});
  report.status.counters.Add("g", "n", 1);
  std::string segment;
  std::string compressed;
  for (auto [codec, out] :
       {std::pair{SpillCodec::kNone, &segment}, std::pair{SpillCodec::kLz4, &compressed}}) {
    SegmentEncoder encoder(codec, [out = out](std::string_view frame) {
      out->append(frame);
      return Status::Ok();
    });
    for (int i = 0; i < 20; ++i) CHECK(encoder.Add("key", std::string(20, 'v')).ok());
    CHECK(encoder.Finish().ok());
  }
  std::string record;
  AppendVarint(&record, 3);
  AppendVarint(&record, 5);
  record += "keyvalue";
  std::vector<Input> seeds = {
      {piece(Kind::kToDriver, Encode(ToDriver(hello))),
       piece(Kind::kToDriver, Encode(ToDriver(outcome)))},
      {piece(Kind::kToDriver, Encode(ToDriver(CommitRequest{attempt}))),
       piece(Kind::kToDriver, Encode(ToDriver(BroadcastRequest{BroadcastId(1)}))),
       piece(Kind::kToDriver, Encode(ToDriver(heartbeat)))},
      {piece(Kind::kToRunner, Encode(ToRunner(welcome))),
       piece(Kind::kToRunner, Encode(ToRunner(std::shared_ptr<const StagePlan>(plan))))},
      {piece(Kind::kToRunner, Encode(ToRunner(spec))),
       piece(Kind::kToRunner, Encode(ToRunner(TaskKill{attempt})))},
      {piece(Kind::kToRunner, Encode(ToRunner(CommitAnswer{attempt, true}))),
       piece(Kind::kToRunner, Encode(ToRunner(drop))),
       piece(Kind::kToRunner, Encode(ToRunner(RunnerStop{})))},
      {piece(Kind::kReport, EncodeReport(report))},
      {piece(Kind::kSegment, segment), piece(Kind::kSegment, compressed)},
      {piece(Kind::kGoodFrames, record + record)},
      {piece(Kind::kValue, Encoded(std::vector<std::string>{"a", "b"})),
       piece(Kind::kValue, Encoded(Aggregate{1, "b", {1.5, 2.5}}))},
  };
  Input frames;
  for (std::string& frame : ToFrames({Encode(ToDriver(outcome)), Encode(ToDriver(heartbeat))})) {
    frames.push_back(piece(Kind::kFrame, std::move(frame)));
  }
  seeds.push_back(std::move(frames));
  return seeds;
}

}  // namespace tusk::fuzz
