// How many calls of one kind does a server answer to so many clients, and for how much of its CPU?
//
//   bench_rpc_load --server HOST:PORT --pid PID --operation OP [--clients N=32] [--calls N=100000]
//                  [--directory DIR=/bench]
//
// OP is mkdirs (of DIR and the clients' folders), create, getFileInfo, rename or delete. Each
// client has a connection of its own and one call under way, over its own folder: call k of create
// makes file k, the others find, rename and delete it, so they run in this order. Every answer is
// checked. The server's CPU time is taken from /proc/PID before and after. Prints one JSON line.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/concurrent/mutex.h"
#include "common/rpc/client.h"
#include "common/security/user.h"
#include "proto/hadoop/acl.pb.h"
#include "proto/hadoop/client_namenode_blocks.pb.h"
#include "proto/hadoop/client_namenode_namespace.pb.h"

namespace {

using namespace tusk::proto::hdfs;  // NOLINT: the messages of this file

constexpr char kProtocol[] = "org.apache.hadoop.hdfs.protocol.ClientProtocol";

struct Options {
  tusk::HostPort server;
  int pid = 0;
  std::string operation;
  int clients = 32;
  int64_t calls = 100000;
  std::string directory = "/bench";
  std::string user;  // who started us, as the NameNode's superuser
};

// Of all threads of the process, in nanoseconds.
int64_t CpuOf(int pid) {
  int64_t sum = 0;
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", error);
  for (const auto& task : tasks) {
    int64_t running = 0;
    std::ifstream(task.path() / "schedstat") >> running;
    sum += running;
  }
  return sum;
}

// The clients still at work, and what went wrong first.
class Progress {
 public:
  explicit Progress(int clients) : working_(clients) {}

  void ClientIsDone(const tusk::Status& status) {
    tusk::MutexLock lock(mu_);
    if (!status.ok() && failed_.ok()) failed_ = status;
    if (--working_ == 0) done_.NotifyAll();
  }
  tusk::Status Wait() {
    tusk::MutexLock lock(mu_);
    while (working_ > 0) done_.Wait(mu_);
    return failed_;
  }

 private:
  tusk::Mutex mu_;
  tusk::CondVar done_;
  int working_ GUARDED_BY(mu_);
  tusk::Status failed_ GUARDED_BY(mu_);
};

// One connection; the next call starts when the answer is there, on the RPC client's thread.
class LoadClient {
 public:
  LoadClient(const Options* options, int number, int64_t calls, Progress* progress)
      : options_(options),
        folder_(options->directory + "/" + std::to_string(number)),
        calls_(calls),
        progress_(progress) {}

  void Next() {
    if (next_ == calls_) return progress_->ClientIsDone(tusk::Status::Ok());
    const tusk::RpcRequest request{
        .protocol = kProtocol,
        .method = options_->operation,
        .body = std::make_shared<const std::string>(Body(next_)),
        .call_id = client_.NextCallId(),
    };
    client_.Start(options_->server, {.user = options_->user}, request,
                  [this](tusk::StatusOr<std::string> answer) {
                    const tusk::Status checked =
                        answer.ok() ? Check(*answer) : std::move(answer).status();
                    if (!checked.ok()) return progress_->ClientIsDone(checked);
                    ++next_;
                    Next();
                  });
  }

 private:
  std::string Path(int64_t file) const { return folder_ + "/file" + std::to_string(file); }

  std::string Body(int64_t file) const {
    const std::string& operation = options_->operation;
    if (operation == "create") {
      CreateRequestProto create;
      create.set_src(Path(file));
      create.mutable_masked()->set_perm(0644);
      create.set_clientname("bench-" + folder_);
      create.set_createflag(1);
      create.set_createparent(false);
      create.set_replication(1);
      create.set_blocksize(128 << 20);
      return create.SerializeAsString();
    }
    if (operation == "rename") {
      RenameRequestProto rename;
      rename.set_src(Path(file));
      rename.set_dst(Path(file) + ".renamed");
      return rename.SerializeAsString();
    }
    if (operation == "delete") {
      DeleteRequestProto remove;
      remove.set_src(Path(file) + ".renamed");
      remove.set_recursive(false);
      return remove.SerializeAsString();
    }
    if (operation == "mkdirs") {
      MkdirsRequestProto mkdirs;
      mkdirs.set_src(folder_);
      mkdirs.mutable_masked()->set_perm(0755);
      mkdirs.set_createparent(true);
      return mkdirs.SerializeAsString();
    }
    GetFileInfoRequestProto get;
    get.set_src(Path(file));
    return get.SerializeAsString();
  }

  // An empty handler's answer to getFileInfo says "no such file"; a NameNode's may not.
  tusk::Status Check(const std::string& answer) const {
    const std::string& operation = options_->operation;
    if (operation == "create") return Parsed<CreateResponseProto>(answer);
    if (operation == "getFileInfo") return Parsed<GetFileInfoResponseProto>(answer);
    if (operation == "rename") return Granted<RenameResponseProto>(answer);
    if (operation == "delete") return Granted<DeleteResponseProto>(answer);
    return Granted<MkdirsResponseProto>(answer);
  }
  template <class Response>
  tusk::Status Parsed(const std::string& answer) const {
    Response response;
    RETURN_IF_ERROR(tusk::ParseResponse(options_->operation, answer, &response));
    if (!answer.empty() && !response.has_fs()) return tusk::InternalError("no file status");
    return tusk::Status::Ok();
  }
  template <class Response>
  tusk::Status Granted(const std::string& answer) const {
    Response response;
    RETURN_IF_ERROR(tusk::ParseResponse(options_->operation, answer, &response));
    return response.result() ? tusk::Status::Ok() : tusk::InternalError("answered false");
  }

  const Options* const options_;
  const std::string folder_;
  const int64_t calls_;
  Progress* const progress_;
  int64_t next_ = 0;  // on the RPC client's thread once that runs
  tusk::RpcClient client_;
};

tusk::Status Run(Options options) {
  ASSIGN_OR_RETURN(options.user, tusk::ProcessUserName());
  Progress progress(options.clients);
  std::vector<std::unique_ptr<LoadClient>> clients;
  const int64_t each = options.operation == "mkdirs" ? 1 : options.calls / options.clients;
  for (int i = 0; i < options.clients; ++i) {
    clients.push_back(std::make_unique<LoadClient>(&options, i, each, &progress));
  }
  const int64_t cpu_before = CpuOf(options.pid);
  const tusk::TimePoint begin = tusk::Clock::Real()->Now();
  for (const auto& client : clients) client->Next();
  RETURN_IF_ERROR(progress.Wait());
  const double seconds = tusk::ToSeconds(tusk::Clock::Real()->Now() - begin);
  const int64_t cpu = CpuOf(options.pid) - cpu_before;
  const auto calls = static_cast<double>(each * options.clients);
  std::printf(
      "{\"operation\":\"%s\",\"clients\":%d,\"calls\":%.0f,\"seconds\":%.4f,"
      "\"calls_per_s\":%.0f,\"server_cpu_us\":%.3f}\n",
      options.operation.c_str(), options.clients, calls, seconds, calls / seconds,
      static_cast<double>(cpu) / 1000 / calls);
  return tusk::Status::Ok();
}

bool ParseNumber(const std::string& text, int64_t* out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *out);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && *out > 0;
}

bool ParseOptions(int argc, char** argv, Options* options) {
  if (argc % 2 == 0) return false;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    int64_t number = 0;
    if (name == "--server") {
      auto server = tusk::ParseHostPort(value);
      if (!server.ok()) return false;
      options->server = *server;
    } else if (name == "--operation") {
      options->operation = value;
    } else if (name == "--directory") {
      options->directory = value;
    } else if (!ParseNumber(value, &number)) {
      return false;
    } else if (name == "--pid") {
      options->pid = static_cast<int>(number);
    } else if (name == "--clients") {
      options->clients = static_cast<int>(number);
    } else if (name == "--calls") {
      options->calls = number;
    } else {
      return false;
    }
  }
  for (const char* known : {"mkdirs", "create", "getFileInfo", "rename", "delete"}) {
    if (options->operation == known) return options->pid > 0 && options->server.port > 0;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!ParseOptions(argc, argv, &options)) {
    std::fprintf(stderr,
                 "usage: bench_rpc_load --server HOST:PORT --pid PID --operation OP [--clients N] "
                 "[--calls N] [--directory DIR]\n");
    return 2;
  }
  const tusk::Status status = Run(std::move(options));
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_rpc_load: %s\n", status.ToString().c_str());
  return 1;
}
