// Makes the storage directory of a NameNode with so many files of one block each: the input of the
// questions how fast such a NameNode starts and how much memory a file takes in it.
//
//   bench_make_namespace NAME_DIR FILES
//
// 100 files per directory, names of 12 characters. The state is made by the code that replays
// edits, and written by the checkpointer, as a NameNode's own image.
#include <charconv>
#include <cstdio>
#include <string>

#include "common/base/clock.h"
#include "common/io/env.h"
#include "namenode/edits/image.h"
#include "namenode/edits/storage_dir.h"
#include "namenode/namesystem/apply.h"
#include "namenode/namesystem/checkpointer.h"
#include "namenode/namesystem/namespace_state.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {
namespace {

constexpr int64_t kFilesPerDirectory = 100;
constexpr int64_t kNowMs = 1'700'000'000'000;

std::string Name(const char* prefix, int64_t number) {
  const std::string digits = std::to_string(number);
  return prefix + std::string(11 - digits.size(), '0') + digits;
}

class NamespaceMaker {
 public:
  explicit NamespaceMaker(NamespaceState* state) : state_(state) {}

  Status Make(int64_t files) {
    for (int64_t i = 0; i < files; ++i) {
      if (i % kFilesPerDirectory == 0) RETURN_IF_ERROR(AddDirectory(i / kFilesPerDirectory));
      RETURN_IF_ERROR(AddFile(i));
    }
    return Status::Ok();
  }
  TxId last_txid() const { return TxId(edits_); }

 private:
  Status AddDirectory(int64_t number) {
    op_.Clear();
    auto* directory = op_.mutable_make_directories()->add_directories();
    op_.mutable_make_directories()->set_time_ms(kNowMs);
    directory_ = ++last_inode_;
    directory->set_inode_id(directory_);
    directory->set_parent_id(kRootInodeId.value());
    directory->set_name(Name("d", number));
    directory->set_permission(0755);
    directory->set_owner("alice");
    directory->set_group("staff");
    return Apply();
  }

  Status AddFile(int64_t number) {
    op_.Clear();
    auto* create = op_.mutable_create_file();
    create->set_inode_id(++last_inode_);
    create->set_parent_id(directory_);
    create->set_name(Name("f", number));
    create->set_permission(0644);
    create->set_owner("alice");
    create->set_group("staff");
    create->set_time_ms(kNowMs);
    create->set_replication(3);
    create->set_block_size(128 << 20);
    create->set_client_name("bench");
    create->set_client_host("127.0.0.1");
    RETURN_IF_ERROR(Apply());
    op_.Clear();
    op_.mutable_add_block()->set_inode_id(last_inode_);
    FillBlock(number, /*length=*/0, /*state=*/0, op_.mutable_add_block()->mutable_block());
    RETURN_IF_ERROR(Apply());
    op_.Clear();
    op_.mutable_close_file()->set_inode_id(last_inode_);
    op_.mutable_close_file()->set_time_ms(kNowMs);
    FillBlock(number, /*length=*/1000, /*state=*/2, op_.mutable_close_file()->mutable_last());
    return Apply();
  }

  static void FillBlock(int64_t number, int64_t length, uint32_t state,
                        proto::edits::BlockRecord* block) {
    block->set_id(kLastReservedBlockId.value() + 1 + number);
    block->set_generation_stamp(kLastReservedGenerationStamp.value() + 1 + number);
    block->set_length(length);
    block->set_state(state);
  }

  Status Apply() {
    ++edits_;
    return ApplyEdit(op_, state_);
  }

  NamespaceState* const state_;
  proto::edits::EditOp op_;
  int64_t last_inode_ = kRootInodeId.value();
  int64_t directory_ = 0;
  int64_t edits_ = 0;
};

Status WriteImage(Checkpointer* checkpointer, TxId last) {
  checkpointer->Cut(last);
  RETURN_IF_ERROR(checkpointer->Begin());
  for (bool done = false; !done;) {
    std::vector<Checkpointer::Encoded> encoded;
    done = checkpointer->EncodeSlice(&encoded);
    RETURN_IF_ERROR(checkpointer->Write(encoded));
  }
  return checkpointer->Finish().status();
}

Status Run(const std::string& dir, int64_t files) {
  RETURN_IF_ERROR(StorageDir::Format(Env::Posix(), dir, "CID-bench", "127.0.0.1", kNowMs).status());
  ASSIGN_OR_RETURN(const auto storage, StorageDir::Open(Env::Posix(), dir));
  ASSIGN_OR_RETURN(const auto image, Image::Open(storage->image_dir()));
  NamespaceState state({}, Clock::Real(), /*retry_entries=*/1000, /*retry_expiry_ms=*/1000);
  RETURN_IF_ERROR(Checkpointer::Load(image.get(), &state).status());
  Checkpointer checkpointer(&state, image.get(), Clock::Real(), std::chrono::milliseconds(2));
  state.directory.set_observer(&checkpointer);
  state.directory.Format("alice", "staff", kNowMs);
  NamespaceMaker maker(&state);
  RETURN_IF_ERROR(maker.Make(files));
  RETURN_IF_ERROR(WriteImage(&checkpointer, maker.last_txid()));
  state.directory.set_observer(nullptr);
  return Status::Ok();
}

}  // namespace
}  // namespace tusk::namenode

int main(int argc, char** argv) {
  const std::string count = argc == 3 ? argv[2] : "";
  int64_t files = -1;
  const auto parsed = std::from_chars(count.data(), count.data() + count.size(), files);
  if (parsed.ec != std::errc() || parsed.ptr != count.data() + count.size() || files < 0) {
    std::fprintf(stderr, "usage: bench_make_namespace NAME_DIR FILES\n");
    return 2;
  }
  const tusk::Status status = tusk::namenode::Run(argv[1], files);
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_make_namespace: %s\n", status.ToString().c_str());
  return 1;
}
