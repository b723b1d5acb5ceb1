#include "tests/integration/load_client.h"

#include <thread>
#include <utility>

#include "common/concurrent/notification.h"
#include "common/rpc/convert_hdfs.h"
#include "common/testing/slowdown.h"
#include "proto/hadoop/client_namenode_blocks.pb.h"
#include "proto/hadoop/client_namenode_namespace.pb.h"

namespace tusk {
namespace {

namespace hdfs = proto::hdfs;

constexpr const char* kProtocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol";
const auto kPatience = std::chrono::seconds(60) * Slowdown();
constexpr auto kBetweenTries = std::chrono::milliseconds(15);
constexpr size_t kRemembered = 8;
constexpr size_t kShown = 12;
constexpr size_t kManyEntries = 60;

// Nobody knows whether it happened, or it certainly did not and may be asked again.
bool AskAgain(const Status& status) {
  return status.code() == Code::kUnavailable || status.code() == Code::kDeadlineExceeded ||
         status.reason() == Reason::kSafeMode || status.reason() == Reason::kRetriable;
}

// Of the methods that answer yes or no: all their answers have one shape.
bool SaysDone(const std::string& method, const std::string& answer) {
  if (method != "mkdirs" && method != "delete" && method != "complete") return true;
  hdfs::DeleteResponseProto says;
  return says.ParseFromString(answer) && says.result();
}

bool IsBelow(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace

LoadClient::LoadClient(int number, HostPort namenode, std::string user,
                       std::shared_ptr<FileSystem> files, uint64_t seed,
                       const std::atomic<int>* lives)
    : home_("/load/" + std::to_string(number)),
      name_("load-" + std::to_string(number)),
      namenode_(std::move(namenode)),
      user_(std::move(user)),
      files_(std::move(files)),
      lives_(lives),
      rpc_({.call_timeout = std::chrono::seconds(15) * Slowdown()}),
      random_(seed + static_cast<uint64_t>(number)) {}

void LoadClient::Run() {
  hdfs::MkdirsRequestProto request;
  request.set_src(home_);
  request.mutable_masked()->set_perm(0755);
  request.set_createparent(true);
  Call home = MakeCall("mkdirs", request, false, "mkdirs " + home_);
  if (const auto made = TryUntilAnswered(&home); !made.ok()) {
    return Lost("the folder cannot be made: " + made.status().ToString());
  }
  while (!stopping_ && losses().empty()) {
    if (checked_life_ != *lives_) {
      CheckAfterRestart();
    } else {
      OneOperation();
    }
  }
  CheckAfterRestart();
  CheckContents();
}

std::vector<std::string> LoadClient::losses() const {
  MutexLock lock(mu_);
  return losses_;
}

void LoadClient::Lost(const std::string& what) {
  std::string text = name_ + " in life " + std::to_string(*lives_) + ": " + what;
  for (const std::string& call : recent_) text += "\n    " + call;
  MutexLock lock(mu_);
  losses_.push_back(std::move(text));
}

// ---- operations --------------------------------------------------------------------------------

void LoadClient::OneOperation() {
  const auto any = [](const std::string&, const Entry&) { return true; };
  const auto top = [this](const std::string& path, const Entry&) {
    return path.find('/', home_.size() + 1) == std::string::npos;
  };
  const bool full = tree_.size() > kManyEntries;
  switch (random_.Below(10)) {
    case 0:
    case 1:
      return full ? void() : MakeFolders();
    case 2:
    case 3:
      return full ? void() : CreateFile();
    case 4:
      return full ? void() : WriteFile();
    case 5:
    case 6:
      if (const auto path = Pick(top)) Rename(*path);
      return;
    case 7:
      if (const auto path = Pick(any)) SetPermission(*path);
      return;
    default:
      if (const auto path = Pick(any)) Delete(*path);
  }
}

std::optional<std::string> LoadClient::Pick(
    const std::function<bool(const std::string&, const Entry&)>& fits) {
  std::vector<std::string> paths;
  for (const auto& [path, entry] : tree_) {
    if (fits(path, entry)) paths.push_back(path);
  }
  if (paths.empty()) return std::nullopt;
  return paths[random_.Below(paths.size())];
}

// Three folders by one call.
void LoadClient::MakeFolders() {
  const std::string path = NewPath();
  hdfs::MkdirsRequestProto request;
  request.set_src(path + "/a/b");
  request.mutable_masked()->set_perm(0755);
  request.set_createparent(true);
  Tree after = tree_;
  for (const char* below : {"", "/a", "/a/b"}) after[path + below] = {.directory = true};
  Change(MakeCall("mkdirs", request, false, "mkdirs " + request.src()), std::move(after));
}

// At times in a folder that the same call makes.
void LoadClient::CreateFile() {
  const std::string folder = NewPath();
  const bool nested = random_.OneIn(3);
  const std::string path = nested ? folder + "/file" : folder;
  hdfs::CreateRequestProto create;
  create.set_src(path);
  create.mutable_masked()->set_perm(0644);
  create.set_clientname(name_);
  create.set_createflag(1);
  create.set_createparent(true);
  create.set_replication(1);
  create.set_blocksize(1 << 20);
  Tree after = tree_;
  if (nested) after[folder] = {.directory = true};
  after[path] = {.permission = 0644};
  const auto answer = Change(MakeCall("create", create, true, "create " + path), std::move(after));
  hdfs::CreateResponseProto created;
  if (!answer.has_value() || !created.ParseFromString(*answer)) return;
  const auto file_id = static_cast<int64_t>(created.fs().fileid());
  if (tree_[path].file_id != 0 && tree_[path].file_id != file_id) {
    Lost("create of " + path + " answers file " + std::to_string(file_id) + ", the file there is " +
         std::to_string(tree_[path].file_id));
  }
  tree_[path].file_id = file_id;
  hdfs::CompleteRequestProto complete;
  complete.set_src(path);
  complete.set_clientname(name_);
  complete.set_fileid(static_cast<uint64_t>(file_id));
  Change(MakeCall("complete", complete, false, "complete " + path), tree_);
}

// Bytes through the DataNode, with the client library and its own retries.
void LoadClient::WriteFile() {
  const std::string path = NewPath();
  const std::string content(1 + random_.Below(100'000), static_cast<char>('a' + random_.Below(26)));
  const Status written = files_->WriteFile(path, content, {.replication = 1});
  recent_.push_back("write " + path + ": " + written.ToString());
  if (written.ok()) {
    tree_[path] = {.length = static_cast<int64_t>(content.size())};
    contents_[path] = content;
    counts_.bytes_written += static_cast<int64_t>(content.size());
    ++counts_.acknowledged;
    return;
  }
  // Any part of it may be there: away with it.
  hdfs::DeleteRequestProto request;
  request.set_src(path);
  request.set_recursive(false);
  Call call = MakeCall("delete", request, true, "delete what is left of " + path);
  if (const auto gone = TryUntilAnswered(&call); !gone.ok()) {
    Lost("an unfinished file cannot be deleted: " + gone.status().ToString());
  }
}

void LoadClient::Rename(const std::string& from) {
  const std::string to = NewPath();
  hdfs::Rename2RequestProto request;
  request.set_src(from);
  request.set_dst(to);
  request.set_overwritedest(false);
  Tree after;
  std::map<std::string, std::string> contents;
  const auto moved = [&](const std::string& path) {
    return path == from || IsBelow(path, from) ? to + path.substr(from.size()) : path;
  };
  for (const auto& [path, entry] : tree_) after[moved(path)] = entry;
  for (const auto& [path, content] : contents_) contents[moved(path)] = content;
  if (Change(MakeCall("rename2", request, true, "rename2 " + from + " " + to), std::move(after))) {
    contents_ = std::move(contents);
  }
}

void LoadClient::Delete(const std::string& path) {
  hdfs::DeleteRequestProto request;
  request.set_src(path);
  request.set_recursive(true);
  Tree after = tree_;
  std::erase_if(
      after, [&](const auto& entry) { return entry.first == path || IsBelow(entry.first, path); });
  if (!Change(MakeCall("delete", request, true, "delete " + path), std::move(after))) return;
  std::erase_if(contents_, [&](const auto& content) {
    return content.first == path || IsBelow(content.first, path);
  });
}

void LoadClient::SetPermission(const std::string& path) {
  const int permission = 0700 + static_cast<int>(random_.Below(64));
  hdfs::SetPermissionRequestProto request;
  request.set_src(path);
  request.mutable_permission()->set_perm(static_cast<uint32_t>(permission));
  Tree after = tree_;
  after[path].permission = permission;
  Change(MakeCall("setPermission", request, false, "setPermission " + path), std::move(after));
}

// ---- calls -------------------------------------------------------------------------------------

LoadClient::Call LoadClient::MakeCall(std::string method,
                                      const google::protobuf::MessageLite& request,
                                      bool at_most_once, std::string text) {
  return {.method = std::move(method),
          .body = std::make_shared<const std::string>(request.SerializeAsString()),
          .call_id = rpc_.NextCallId(),
          .at_most_once = at_most_once,
          .text = std::move(text)};
}

StatusOr<std::string> LoadClient::Try(Call* call) {
  struct Answered {
    Notification come;
    StatusOr<std::string> answer = UnknownError("no answer");
  };
  const auto answered = std::make_shared<Answered>();
  RpcRequest request;
  request.protocol = kProtocol;
  request.method = call->method;
  request.body = call->body;
  request.call_id = call->call_id;
  request.retry_count = call->tries++;
  rpc_.Start(namenode_, {.user = user_, .real_user = {}, .token = {}}, request,
             [answered](StatusOr<std::string> answer) {
               answered->answer = std::move(answer);
               answered->come.Notify();
             });
  answered->come.Wait();
  recent_.push_back("call " + std::to_string(call->call_id) + " " + call->text + ": " +
                    (answered->answer.ok() ? "answered" : answered->answer.status().ToString()));
  if (recent_.size() > kShown) recent_.pop_front();
  return std::move(answered->answer);
}

StatusOr<std::string> LoadClient::TryUntilAnswered(Call* call) {
  const TimePoint deadline = Clock::Real()->Now() + kPatience;
  while (true) {
    auto answer = Try(call);
    if (answer.ok() || !AskAgain(answer.status())) return answer;
    if (Clock::Real()->Now() >= deadline) return answer;
    std::this_thread::sleep_for(kBetweenTries);
  }
}

std::optional<std::string> LoadClient::Change(Call call, Tree after) {
  auto answer = Try(&call);
  bool happened = false;
  if (!answer.ok() && AskAgain(answer.status())) ++counts_.unanswered;
  while (!answer.ok() && AskAgain(answer.status())) {
    // Whole or not at all, before it is asked again.
    const auto found = Look();
    if (!found.ok()) {
      Lost("the NameNode does not come back: " + found.status().ToString());
      return std::nullopt;
    }
    const Tree* const now = Match(*found, tree_, &after);
    if (now == nullptr) {
      Lost(call.text + " is there by halves: " + Difference(*found, after));
      return std::nullopt;
    }
    if (now == &after) {
      if (!std::exchange(happened, true)) ++counts_.had_happened;
      for (const auto& [path, entry] : *found) after[path].file_id = entry.file_id;
    }
    std::this_thread::sleep_for(kBetweenTries);
    answer = Try(&call);
  }
  if (!answer.ok()) {
    Lost(call.text + " is refused: " + answer.status().ToString());
    return std::nullopt;
  }
  if (!SaysDone(call.method, *answer)) {
    Lost(call.text + " is answered no");
    return std::nullopt;
  }
  ++counts_.acknowledged;
  tree_ = std::move(after);
  if (call.at_most_once) {
    call.answer = *answer;
    answered_.push_back(std::move(call));
    if (answered_.size() > kRemembered) answered_.pop_front();
  }
  return std::move(answer).value();
}

// ---- checking ----------------------------------------------------------------------------------

StatusOr<LoadClient::Tree> LoadClient::Look() {
  Tree tree;
  std::vector<std::string> folders = {home_};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    hdfs::GetListingRequestProto request;
    request.set_src(folder);
    request.set_startafter("");
    request.set_needlocation(false);
    Call call = MakeCall("getListing", request, false, "getListing " + folder);
    ASSIGN_OR_RETURN(const std::string bytes, TryUntilAnswered(&call));
    recent_.pop_back();  // the history is of changes
    hdfs::GetListingResponseProto answer;
    if (!answer.ParseFromString(bytes)) return DataLossError("an unreadable listing");
    for (const FileStatus& status : FromProto(answer.dirlist()).entries) {
      const std::string path = folder + "/" + status.name;
      tree[path] = {.directory = status.is_directory(),
                    .file_id = status.file_id.value(),
                    .length = status.length,
                    .permission = status.permission.bits};
      if (status.is_directory()) folders.push_back(path);
    }
  }
  return tree;
}

std::string LoadClient::Difference(const Tree& found, const Tree& expected) {
  for (const auto& [path, entry] : expected) {
    const auto it = found.find(path);
    if (it == found.end()) return path + " is missing";
    const Entry& there = it->second;
    if (there.directory != entry.directory) return path + " is of the other kind";
    if (there.length != entry.length) {
      return path + " has " + std::to_string(there.length) + " bytes instead of " +
             std::to_string(entry.length);
    }
    if (entry.file_id != 0 && there.file_id != entry.file_id) return path + " is another file";
    if (entry.permission >= 0 && there.permission != entry.permission) {
      return path + " has other permissions";
    }
  }
  for (const auto& [path, entry] : found) {
    if (!expected.contains(path)) return path + " should not be there";
  }
  return {};
}

const LoadClient::Tree* LoadClient::Match(const Tree& found, const Tree& before,
                                          const Tree* after) {
  if (after != nullptr && Difference(found, *after).empty()) return after;
  return Difference(found, before).empty() ? &before : nullptr;
}

void LoadClient::CheckAfterRestart() {
  const int life = *lives_;
  for (const bool repeated : {false, true}) {
    if (repeated) RepeatAnsweredCalls();
    const auto found = Look();
    if (!found.ok()) return Lost("the NameNode does not come back: " + found.status().ToString());
    const std::string difference = Difference(*found, tree_);
    if (!difference.empty()) {
      return Lost((repeated ? "after repeated calls " : "after a restart ") + difference);
    }
    tree_ = *found;  // with the ids
  }
  ++counts_.checks;
  checked_life_ = life;
}

void LoadClient::RepeatAnsweredCalls() {
  for (Call& call : answered_) {
    const auto again = TryUntilAnswered(&call);
    ++counts_.repeated;
    if (!again.ok()) {
      Lost("repeated, " + call.text + " is refused: " + again.status().ToString());
    } else if (*again != call.answer) {
      Lost("repeated, " + call.text + " gets another answer than the first time");
    }
  }
}

void LoadClient::CheckContents() {
  const TimePoint deadline = Clock::Real()->Now() + kPatience;
  for (const auto& [path, content] : contents_) {
    auto found = files_->ReadFile(path);
    while (!found.ok() && AskAgain(found.status()) && Clock::Real()->Now() < deadline) {
      std::this_thread::sleep_for(kBetweenTries);  // the DataNode has not reported yet
      found = files_->ReadFile(path);
    }
    ++counts_.files_read;
    if (!found.ok()) {
      Lost(path + " cannot be read: " + found.status().ToString());
    } else if (*found != content) {
      Lost(path + " reads other bytes than were written");
    }
  }
}

}  // namespace tusk
