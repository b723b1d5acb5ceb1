// What does a call cost our RPC server when its handler does nothing? The floor below every call of
// a NameNode: the same frames, headers, threads and sockets.
//
//   bench_empty_server      listens on a free port of 127.0.0.1, prints it, runs until stdin ends
#include <cstdio>

#include "common/base/clock.h"
#include "common/concurrent/thread_pool.h"
#include "common/rpc/server.h"
#include "common/security/group_mapping.h"
#include "proto/hadoop/client_namenode_namespace.pb.h"

int main() {
  using tusk::proto::hdfs::GetFileInfoRequestProto;
  using tusk::proto::hdfs::GetFileInfoResponseProto;
  tusk::ThreadPool slow("slow", 1);
  tusk::GroupMapping groups({}, &slow, tusk::Clock::Real());
  tusk::RpcServer server({.host = "127.0.0.1"}, &groups, &slow);
  tusk::RpcProtocol protocol("org.apache.hadoop.hdfs.protocol.ClientProtocol");
  protocol.Register<GetFileInfoRequestProto, GetFileInfoResponseProto>(
      "getFileInfo", [](tusk::RpcCall&, const auto&, auto*) { return tusk::Status::Ok(); });
  server.Add(std::move(protocol));
  const tusk::Status started = server.Start();
  if (!started.ok()) {
    std::fprintf(stderr, "bench_empty_server: %s\n", started.ToString().c_str());
    return 1;
  }
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server.Stop();
  return 0;
}
