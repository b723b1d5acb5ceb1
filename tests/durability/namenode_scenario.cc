#include "tests/durability/namenode_scenario.h"

#include "common/protocol/client_protocol.h"

namespace tusk::namenode {
namespace {

using Kind = Step::Kind;

constexpr int kRounds = 18;

class Script {
 public:
  void Add(Kind kind, std::string path, std::string to = {}, int64_t number = 0) {
    steps_.push_back({kind, std::move(path), std::move(to), number, -1});
  }
  // A step of whoever writes `file`.
  void Write(Kind kind, int file, std::string path, int64_t number = 0) {
    steps_.push_back({kind, std::move(path), {}, number, file});
  }
  std::vector<Step> Take() { return std::move(steps_); }

 private:
  std::vector<Step> steps_;
};

// A new file of one or two blocks, closed.
void WriteFile(Script* script, int file, const std::string& path, bool two_blocks) {
  script->Write(Kind::kCreate, file, path, kCreateFlagCreate);
  script->Write(Kind::kAddBlock, file, path);
  if (two_blocks) script->Write(Kind::kAddBlock, file, path);
  script->Write(Kind::kComplete, file, path);
}

// What happens to a writer whose first DataNode is gone, and then to its pipeline.
void WriteThroughTrouble(Script* script, int file, const std::string& path) {
  script->Write(Kind::kCreate, file, path, kCreateFlagCreate | kCreateFlagOverwrite);
  script->Write(Kind::kAddBlock, file, path);
  script->Write(Kind::kAbandon, file, path);
  script->Write(Kind::kAddBlock, file, path);
  script->Write(Kind::kFsync, file, path, 10);
  script->Write(Kind::kNewStamp, file, path);
  script->Write(Kind::kNewPipeline, file, path, 20);
  script->Write(Kind::kComplete, file, path);
}

// Many directories by one call, and names long enough that the image outgrows LevelDB's memtable.
std::string DeepPath(std::string path) {
  for (char name = 'a'; name <= 'l'; ++name) path += "/" + std::string(250, name);
  return path;
}

void Round(Script* script, int round) {
  const std::string number = std::to_string(round);
  const std::string home = "/user/u" + std::to_string(round % 5);
  const std::string work = home + "/job_" + number + "_" + std::string(60, 'x');
  const std::string kept = home + "/kept" + number;
  const int file = 10 * round;
  script->Add(Kind::kMkdirs, work + "/_temporary/0");
  script->Add(Kind::kMkdirs, DeepPath(home + "/deep" + number));
  WriteFile(script, file, work + "/part-0", round % 2 == 0);
  WriteFile(script, file + 1, work + "/part-1", false);
  script->Add(Kind::kRename, work + "/part-0", kept);
  script->Add(Kind::kRename2, work + "/part-1", home + "/latest");  // replaces the former one
  script->Add(Kind::kSetPermission, kept, {}, 0640);
  script->Add(Kind::kSetOwner, kept, "owner" + std::to_string(round % 3));
  script->Add(Kind::kSetTimes, kept, {}, 1'600'000'000'000 + round);
  script->Add(Kind::kSetReplication, kept, {}, 2);
  if (round % 2 == 1) WriteThroughTrouble(script, file + 2, home + "/trouble");
  if (round % 3 == 2) {
    script->Write(Kind::kAppend, file, kept);
    script->Write(Kind::kAddBlock, file, kept);
    script->Write(Kind::kComplete, file, kept);
  }
  if (round % 4 == 3) {  // a writer that is never heard of again, and who clears up after it
    script->Write(Kind::kCreate, file + 3, work + "/lost", kCreateFlagCreate);
    script->Add(Kind::kRecoverLease, work + "/lost");
    script->Write(Kind::kCreate, file + 4, home + "/open" + number, kCreateFlagCreate);
  }
  // Refused, and that answer waits for the log as well.
  if (round % 5 == 4) {
    script->Add(Kind::kDelete, work, {}, 0);
    script->Add(Kind::kMkdirs, kept + "/below-a-file");
    script->Add(Kind::kMkdirs, work);
  }
  if (round % 2 == 0) script->Add(Kind::kDelete, work, {}, 1);
  if (round % 9 == 8)
    script->Add(Kind::kDelete, "/user/u" + std::to_string((round + 2) % 5), {}, 1);
  if (round == kRounds / 6 || round == kRounds / 3) script->Add(Kind::kRestart, "/");
}

}  // namespace

std::vector<Step> FixedScenario() {
  Script script;
  for (int round = 0; round < kRounds; ++round) Round(&script, round);
  return script.Take();
}

}  // namespace tusk::namenode
