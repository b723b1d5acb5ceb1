#include "tests/durability/namenode_trial.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "common/base/bytes.h"
#include "common/fault/fault_point.h"
#include "common/io/frame_file.h"
#include "namenode/edits/storage_dir.h"
#include "namenode/namesystem/namesystem_fixture.h"
#include "proto/tusk/image.pb.h"
#include "tests/durability/namesystem_test_peer.h"

namespace tusk::namenode {

namespace {

using Kind = Step::Kind;

constexpr const char* kNameDir = "/name";
constexpr const char* kDatanode = "dn1";
constexpr size_t kStepsAtOneTime = 8;
constexpr int64_t kBlockLength = 100;
constexpr size_t kStepsAfterRestart = 16;

bool HasRetryEntry(Kind kind) {
  switch (kind) {
    case Kind::kCreate:
    case Kind::kNewPipeline:
    case Kind::kAppend:
    case Kind::kRename:
    case Kind::kRename2:
    case Kind::kDelete:
      return true;
    default:
      return false;
  }
}

bool TakesNameAway(Kind kind) {
  return kind == Kind::kCreate || kind == Kind::kRename || kind == Kind::kRename2 ||
         kind == Kind::kDelete;
}

// One path is the other or stands above it.
bool Related(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return false;
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && (a.size() == b.size() || b[a.size()] == '/');
}

std::string Text(const Status& status) {
  return status.ToString();
}
std::string Text(const StatusOr<bool>& answer) {
  return answer.ok() ? (*answer ? "true" : "false") : Text(answer.status());
}
bool Succeeded(const std::string& answer) {
  return answer == "true" || answer == Text(Status::Ok()) || answer.starts_with("file ");
}

std::string FirstDifference(const std::string& found, const std::string& expected) {
  size_t at = 0;
  while (at < found.size() && at < expected.size() && found[at] == expected[at]) ++at;
  const size_t line = found.rfind('\n', at) + 1;
  const auto line_of = [line](const std::string& text) {
    return text.substr(std::min(line, text.size()), text.find('\n', line) - line);
  };
  return "found '" + line_of(found) + "' instead of '" + line_of(expected) + "'";
}

class Trial : public OneThreadNamesystem {
 public:
  explicit Trial(const std::vector<Step>& scenario)
      : scenario_(scenario),
        history_(scenario.size()),
        start_(clock_.Now()),
        at_batch_("namenode.checkpoint.batch", Fault::Call([this] { InsideCheckpoint(); })),
        at_tag_("namenode.checkpoint.before_tag", Fault::Call([this] { InsideCheckpoint(); })) {
    options_.checkpoint_edits = 30;
    options_.checkpoint_slice = Duration(0);  // 64 entries at a time
    EXPECT_OK(StorageDir::Format(&env_, kNameDir, "CID", "127.0.0.1", 1).status());
    formatted_at_ = env_.writes();
  }

  ReferenceRun Reference() {
    ReferenceRun run;
    EXPECT_OK(Boot());
    run.txids.resize(scenario_.size());
    on_step_ = [&](size_t step) {
      const int64_t txid = LastTxid();
      EXPECT_LE(txid, run.edits + 1) << "step " << step << ": more than one edit";
      run.edits = txid;
      run.state_after[txid] = NamesystemTestPeer::Describe(*ns_);
      run.txids[step] = txid;
    };
    run.edits = LastTxid();
    run.state_after[0] = "";  // not even the DataNode
    run.state_after[run.edits] = NamesystemTestPeer::Describe(*ns_);
    EXPECT_TRUE(RunSteps(scenario_.size()));
    for (const Done& done : history_) {
      EXPECT_TRUE(done.acknowledged);
      run.answers.push_back(done.answer);
    }
    run.writes = env_.writes() - formatted_at_;
    run.checkpoints = checkpoints_;
    run.segments_purged = segments_purged_;
    return run;
  }

  TrialResult Run(const ReferenceRun& reference, const TrialOptions& options) {
    if (options.tear_seed != 0) env_.TearAtCrash(options.tear_seed);
    env_.FailAfterWrites(options.stop_at_write);
    {
      std::optional<ScopedFault> bug;
      if (options.bug != nullptr) bug.emplace(options.bug, Fault::Error());
      if (Boot().ok()) RunSteps(scenario_.size());
      result_.in_checkpoint = in_checkpoint_;
      PowerLoss();
    }
    CheckDisk();
    if (result_.losses.empty()) CheckRestart(reference);
    if (result_.losses.empty()) CheckRepeatedCalls();
    if (result_.losses.empty()) CheckGoingOn(reference);
    return std::move(result_);
  }

 private:
  struct Done {
    bool begun = false;
    bool acknowledged = false;
    std::string answer;
    int64_t txid = 0;     // the log's last one when it was answered
    ExtendedBlock block;  // of an answer that names one
  };
  // What the writer of a file knows of it.
  struct Writer {
    std::vector<ExtendedBlock> blocks;
    GenerationStamp stamp;
  };

  // ---- running ---------------------------------------------------------------------------------

  Status Boot() {
    storage_.reset();
    ASSIGN_OR_RETURN(storage_, StorageDir::Open(&env_, kNameDir));
    journal_options_ = {.dir = storage_->edits_dir(), .segment_bytes = 2048, .allocate_bytes = 700};
    open_image_ = [this] {
      return Image::Open(storage_->image_dir(), {.write_buffer_bytes = 64 << 10, .env = &env_});
    };
    RETURN_IF_ERROR(TryStart());
    blocks_->LeaveSafeMode();
    std::vector<ReportedReplica> replicas;
    for (const auto& [id, block] : replicas_) replicas.push_back({block});
    AddDatanode(kDatanode, std::move(replicas));
    SettleAll();
    return env_.failed() ? UnavailableError("the disk has stopped") : Status::Ok();
  }

  // False when the disk has stopped. Steps that were acknowledged before are left out.
  bool RunSteps(size_t end) {
    end_ = end;
    while (next_ < end_) {
      if (history_[next_].acknowledged) {
        ++next_;
        continue;
      }
      if (!ReachTimeOf(next_)) return false;
      if (DependsOnUnacknowledged(next_)) {
        SettleAll();
        if (env_.failed()) return false;
        continue;  // a checkpoint has run, with steps inside
      }
      DoStep(next_++);
      LetBackgroundRun(next_);
      if (env_.failed()) return false;
    }
    SettleAll();
    return !env_.failed();
  }

  // Time moves between groups of steps, when all are acknowledged: so a step that is repeated after
  // a restart happens at the time it had in the reference run.
  bool ReachTimeOf(size_t step) {
    const TimePoint time = start_ + std::chrono::seconds(step / kStepsAtOneTime);
    if (clock_.Now() >= time) return true;
    SettleAll();
    if (env_.failed()) return false;
    timer_.Advance(time - clock_.Now());
    return true;
  }

  // The log, the replies and the background come along in moments of their own.
  void LetBackgroundRun(size_t step) {
    switch (step * 2654435761u / 64 % 6) {
      case 0:
      case 1:
        return SettleAll();
      case 2:
      case 3:
        journal_executor_.RunAll();
        return;
      case 4:  // ahead of the log
        return RunExecutor();
      default:
        return;
    }
  }

  void RunExecutor() {
    while (!env_.failed() && executor_.RunOne()) {
      if (in_checkpoint_ && !env_.failed()) {
        in_checkpoint_ = false;
        ++checkpoints_;
      }
    }
  }

  void SettleAll() {
    const auto segments = [this] { return env_.List(journal_options_.dir).value().size(); };
    const size_t before = segments();
    while (journal_executor_.RunAll() > 0) RunExecutor();
    RunExecutor();
    while (journal_executor_.RunAll() > 0) RunExecutor();
    if (segments() < before) segments_purged_ += static_cast<int>(before - segments());
  }

  // The namespace changes while a checkpoint is written, with and without the log.
  void InsideCheckpoint() {
    in_checkpoint_ = true;
    for (int i = 0; i < 2 && !restarting_; ++i) {
      if (next_ >= end_ || next_ % kStepsAtOneTime == 0 || history_[next_].acknowledged ||
          scenario_[next_].kind == Kind::kRestart || DependsOnUnacknowledged(next_)) {
        break;
      }
      DoStep(next_++);
    }
    if (checkpoints_ % 2 == 0) journal_executor_.RunAll();
  }

  // A client waits for its answers: the writer of a file goes on when it has the last one, and what
  // takes a name away comes after what was done under that name.
  bool DependsOnUnacknowledged(size_t number) const {
    const Step& step = scenario_[number];
    const size_t group = number - number % kStepsAtOneTime;  // all before it are acknowledged
    for (size_t i = group; i < number; ++i) {
      if (!history_[i].begun || history_[i].acknowledged) continue;
      const Step& open = scenario_[i];
      if (step.file >= 0 && step.file == open.file) return true;
      if (TakesNameAway(step.kind) &&
          (Related(step.path, open.path) || Related(step.path, open.to) ||
           Related(step.to, open.path) || Related(step.to, open.to))) {
        return true;
      }
    }
    return false;
  }

  void DoStep(size_t step) {
    Done& done = history_[step];
    done.begun = true;
    if (scenario_[step].kind == Kind::kRestart) {
      restarting_ = true;
      SettleAll();
      if (env_.failed()) return;
      StopCleanly();
      const Status booted = Boot();
      restarting_ = false;
      if (!env_.failed()) EXPECT_OK(booted);
      done.acknowledged = !env_.failed();
      done.answer = "restarted";
    } else {
      done.answer = Ask(step);
      done.txid = LastTxid();
      ns_->WhenSynced([this, step] {
        history_[step].acknowledged = true;
        Learn(step);
      });
    }
    if (on_step_ && !env_.failed()) on_step_(step);
  }

  int64_t LastTxid() const { return ns_->Counts().last_txid.value(); }

  // ---- the client ------------------------------------------------------------------------------

  std::string Ask(size_t number) {
    const Step& step = scenario_[number];
    const Caller caller = Call(static_cast<int32_t>(number));
    switch (step.kind) {
      case Kind::kMkdirs:
        return Text(ns_->Mkdirs(caller, step.path, {0755}, true));
      case Kind::kRename:
        return Text(ns_->Rename(caller, step.path, step.to));
      case Kind::kRename2:
        return Text(ns_->Rename2(caller, step.path, step.to, /*overwrite=*/true, false));
      case Kind::kDelete:
        return Text(ns_->Delete(caller, step.path, step.number != 0));
      case Kind::kSetPermission:
        return Text(ns_->SetPermission(caller, step.path, {static_cast<uint16_t>(step.number)}));
      case Kind::kSetOwner:
        return Text(ns_->SetOwner(caller, step.path, step.to, ""));
      case Kind::kSetTimes:
        return Text(ns_->SetTimes(caller, step.path, step.number, -1));
      case Kind::kSetReplication:
        return Text(ns_->SetReplication(caller, step.path, static_cast<int32_t>(step.number)));
      case Kind::kRecoverLease:
        return Text(ns_->RecoverLease(caller, step.path, "another"));
      case Kind::kRestart:
        return {};
      default:
        return AskAsWriter(number, step, caller);
    }
  }

  std::string AskAsWriter(size_t number, const Step& step, const Caller& caller) {
    Writer& writer = writers_[step.file];
    const std::string name = "writer" + std::to_string(step.file);
    std::optional<ExtendedBlock> last;
    if (!writer.blocks.empty()) last = writer.blocks.back();
    switch (step.kind) {
      case Kind::kCreate: {
        CreateArgs args;
        args.path = step.path;
        args.client_name = name;
        args.flags = static_cast<uint32_t>(step.number);
        args.masked = {0644};
        args.replication = 1;
        args.block_size = 1024;
        const auto made = ns_->Create(caller, args);
        return made.ok() ? "file " + std::to_string(made->file_id.value()) : Text(made.status());
      }
      case Kind::kAddBlock: {
        ReceiveBlocks(writer);
        const auto located = AddBlock(step.path, name, last);
        if (!located.has_value()) return "no answer";
        if (!located->ok()) return Text(located->status());
        history_[number].block = (*located)->block;
        history_[number].block.block.num_bytes = kBlockLength;
        if ((*located)->locations.empty()) return "a block without a place";
        node_ = (*located)->locations.front().id;
        return BlockName((*located)->block);
      }
      case Kind::kAbandon:
        return Text(ns_->AbandonBlock(caller, *last, step.path, name, InodeId(0)));
      case Kind::kFsync:
        return Text(ns_->Fsync(caller, step.path, name, step.number, InodeId(0)));
      case Kind::kNewStamp: {
        const auto located = ns_->UpdateBlockForPipeline(caller, *last, name);
        if (!located.ok()) return Text(located.status());
        history_[number].block = located->block;
        return BlockName(located->block);
      }
      case Kind::kNewPipeline: {
        ExtendedBlock renewed = *last;
        renewed.block.generation_stamp = writer.stamp;
        renewed.block.num_bytes = step.number;
        return Text(ns_->UpdatePipeline(caller, name, *last, renewed, {node_}, {"DS-dn1"}));
      }
      case Kind::kComplete: {
        ReceiveBlocks(writer);
        const auto closed = Complete(step.path, last, name, /*may_hold=*/false);
        return closed->has_value() ? Text(**closed) : "no answer";
      }
      case Kind::kAppend: {
        const auto opened = ns_->Append(caller, step.path, name, kCreateFlagNewBlock);
        if (!opened.ok()) return Text(opened.status());
        return "file " + std::to_string(opened->status->file_id.value()) + " last " +
               (opened->last_block.has_value() ? BlockName(opened->last_block->block) : "none");
      }
      default:
        return "not a writer's step";
    }
  }

  // The answer has come.
  void Learn(size_t number) {
    const Step& step = scenario_[number];
    Writer& writer = writers_[step.file];
    const ExtendedBlock& block = history_[number].block;
    if (step.kind == Kind::kAddBlock && block.block.id.value() != 0) {
      writer.blocks.push_back(block);
    } else if (step.kind == Kind::kAbandon) {
      writer.blocks.pop_back();
    } else if (step.kind == Kind::kNewStamp) {
      writer.stamp = block.block.generation_stamp;
    } else if (step.kind == Kind::kNewPipeline) {
      writer.blocks.back().block.generation_stamp = writer.stamp;
    }
  }

  // The DataNode has got what was written so far, and says so.
  void ReceiveBlocks(const Writer& writer) {
    for (const ExtendedBlock& block : writer.blocks) {
      if (replicas_.emplace(block.block.id, block.block).second) Received(kDatanode, block.block);
    }
  }

  // ---- after the power loss --------------------------------------------------------------------

  void Lost(std::string what) { result_.losses.push_back(std::move(what)); }

  void PowerLoss() {
    in_checkpoint_ = restarting_ = false;
    Kill();
    storage_.reset();
    env_.Crash();  // also when the NameNode had not come up
    for (size_t i = 0; i < history_.size(); ++i) {
      if (history_[i].acknowledged) {
        acknowledged_txid_ = std::max(acknowledged_txid_, history_[i].txid);
        ++result_.acknowledged;
      }
    }
  }

  // On a copy, before the NameNode mends anything: the image agrees with its tag, and the log holds
  // at least what the image does.
  void CheckDisk() {
    const std::unique_ptr<FaultEnv> disk = env_.Copy();
    const std::string current = JoinPath(kNameDir, "current");
    auto image = Image::Open(JoinPath(current, "image"), {.env = disk.get()});
    if (!image.ok()) return Lost("the image does not open: " + Text(image.status()));
    int64_t inodes = 0;
    uint64_t ids = 0;
    uint64_t lengths = 0;
    const auto tag = (*image)->Load(
        [&](ImageRecord type, std::string_view key, std::string_view value) -> Status {
          if (type != ImageRecord::kInode) return Status::Ok();
          proto::image::InodeRecord record;
          if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
            return DataLossError("an inode is unreadable");
          }
          ++inodes;
          ids += LoadBigEndian<uint64_t>(key.data());
          for (const auto& block : record.blocks()) {
            lengths += static_cast<uint64_t>(block.length());
          }
          return Status::Ok();
        });
    if (!tag.ok()) return Lost("the image does not load: " + Text(tag.status()));
    if (tag->checkpoint > 0 &&
        (inodes != tag->inodes || ids != tag->sum_of_ids || lengths != tag->sum_of_lengths)) {
      Lost("the image does not hold what its tag says: " + std::to_string(inodes) + " inodes of " +
           std::to_string(tag->inodes));
    }
    const int64_t logged = LastEdit(disk.get(), JoinPath(current, "edits"));
    if (logged != 0 && logged < tag->txid.value()) {
      Lost("the image holds edits up to " + std::to_string(tag->txid.value()) + ", the log up to " +
           std::to_string(logged));
    }
  }

  // 0: there is none.
  static int64_t LastEdit(Env* disk, const std::string& dir) {
    int64_t last = 0;
    const auto segments = disk->List(dir);
    if (!segments.ok()) return last;
    for (const DirEntry& segment : *segments) {
      auto reader = FrameReader::Open(disk, JoinPath(dir, segment.name));
      Frame frame;
      while (reader.ok() && (*reader)->Next(&frame).value_or(false)) {
        last = static_cast<int64_t>(frame.number);
      }
    }
    return last;
  }

  void CheckRestart(const ReferenceRun& reference) {
    const Status booted = Boot();
    if (!booted.ok()) return Lost("the start needs a hand: " + Text(booted));
    restarted_txid_ = LastTxid();
    if (restarted_txid_ < acknowledged_txid_) {
      return Lost("edit " + std::to_string(acknowledged_txid_) +
                  " was acknowledged, the last one found is " + std::to_string(restarted_txid_));
    }
    const auto expected = reference.state_after.find(restarted_txid_);
    if (expected == reference.state_after.end()) {
      return Lost("no state ends with edit " + std::to_string(restarted_txid_));
    }
    const std::string found = NamesystemTestPeer::Describe(*ns_);
    if (found != expected->second) Lost(FirstDifference(found, expected->second));
  }

  void CheckRepeatedCalls() {
    for (size_t i = 0; i < history_.size(); ++i) {
      const Done& done = history_[i];
      if (!done.acknowledged || !HasRetryEntry(scenario_[i].kind) || !Succeeded(done.answer)) {
        continue;
      }
      // The answer to append names the last block; nobody asks again who has gone on writing.
      if (scenario_[i].kind == Kind::kAppend && WentOn(i)) continue;
      const std::string again = Ask(i);
      ++result_.repeated;
      if (again != done.answer) {
        return Lost("call " + std::to_string(i) + " was answered '" + done.answer + "' and now '" +
                    again + "'");
      }
    }
    if (LastTxid() != restarted_txid_) Lost("a repeated call was carried out twice");
  }

  bool WentOn(size_t step) const {
    for (size_t i = step + 1; i < history_.size(); ++i) {
      if (scenario_[i].file == scenario_[step].file && history_[i].begun) return true;
    }
    return false;
  }

  // Whoever had no answer asks again, and the work goes on as if nothing had been.
  void CheckGoingOn(const ReferenceRun& reference) {
    size_t first = history_.size();
    for (size_t i = history_.size(); i-- > 0;) {
      if (history_[i].acknowledged) continue;
      // Asked again, a second stamp is given out: what follows has other numbers.
      if (scenario_[i].kind == Kind::kNewStamp && history_[i].begun &&
          history_[i].txid <= restarted_txid_) {
        return;
      }
      history_[i] = {};
      if (scenario_[i].kind == Kind::kRestart) {
        history_[i].acknowledged = i < next_;
        history_[i].answer = "restarted";
      }
      if (!history_[i].acknowledged) first = i;
    }
    next_ = first;
    const size_t end = std::min(first + kStepsAfterRestart, history_.size());
    if (!RunSteps(end)) return Lost("the disk stops again");
    for (size_t i = first; i < end; ++i) {
      if (history_[i].answer != reference.answers[i]) {
        return Lost("step " + std::to_string(i) + " was answered '" + history_[i].answer +
                    "' after the restart instead of '" + reference.answers[i] + "'");
      }
    }
    if (end == 0) return;
    // Not by txid: what is asked twice and changes nothing may be logged twice.
    const std::string& expected = reference.state_after.at(reference.txids[end - 1]);
    const std::string found = NamesystemTestPeer::Describe(*ns_);
    if (found != expected) Lost("after going on: " + FirstDifference(found, expected));
  }

  const std::vector<Step>& scenario_;
  std::vector<Done> history_;  // by step
  const TimePoint start_;
  int64_t formatted_at_ = 0;
  std::unique_ptr<StorageDir> storage_;
  size_t next_ = 0;
  size_t end_ = 0;
  std::function<void(size_t)> on_step_;
  std::map<int, Writer> writers_;
  std::map<BlockId, Block> replicas_;  // on the DataNode
  DatanodeId node_;
  bool in_checkpoint_ = false;
  bool restarting_ = false;
  int checkpoints_ = 0;
  int segments_purged_ = 0;
  int64_t acknowledged_txid_ = 0;
  int64_t restarted_txid_ = 0;
  TrialResult result_;
  const ScopedFault at_batch_;
  const ScopedFault at_tag_;
};

}  // namespace

ReferenceRun RunReference(const std::vector<Step>& scenario) {
  return Trial(scenario).Reference();
}

TrialResult RunTrial(const std::vector<Step>& scenario, const ReferenceRun& reference,
                     const TrialOptions& options) {
  return Trial(scenario).Run(reference, options);
}

}  // namespace tusk::namenode
