// What a damaged or foreign edit log does to a start: an error that says so, or a namespace that
// starts again the same; never a crash.
#include "common/io/frame_file.h"
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/namesystem_world.h"

namespace tusk::fuzz {
namespace {

namespace edits = proto::edits;

enum class Kind : uint8_t {
  kEdit,       // a whole frame with the next number, around these bytes
  kSameTwice,  // the same, its number does not move on
  kRawBytes,   // into the file as they are
  kSegment,    // the next segment begins
  kCount,
};

class World : public NamesystemWorld {
 public:
  void Write(const Input& input) {
    AppendFrameFileHeader(&segment_);
    for (const Piece& piece : input) Add(piece);
    EndSegment();
  }

  void CheckStart() {
    if (!TryStart().ok()) return;
    blocks_->LeaveSafeMode();
    CheckRestart();
  }

 private:
  void Add(const Piece& piece) {
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kEdit:
        AppendFrame({.number = next_++, .epoch = 1, .payload = piece.bytes}, &segment_);
        return;
      case Kind::kSameTwice:
        AppendFrame({.number = next_, .epoch = 1, .synced_number = next_, .payload = piece.bytes},
                    &segment_);
        return;
      case Kind::kRawBytes:
        segment_ += piece.bytes;
        return;
      case Kind::kSegment:
        EndSegment();
        first_ = next_;
        AppendFrameFileHeader(&segment_);
        return;
      case Kind::kCount:
        return;
    }
  }

  void EndSegment() {
    char name[40];
    std::snprintf(name, sizeof name, "/edits/edits_%019llu",
                  static_cast<unsigned long long>(first_));
    CHECK(env_.WriteFileAtomically(name, std::exchange(segment_, {})).ok());
  }

  std::string segment_;
  uint64_t first_ = 1;
  uint64_t next_ = 1;
};

// ---- seeds -------------------------------------------------------------------------------------

constexpr int64_t kFirstInode = kRootInodeId.value() + 1;

Piece Edit(const edits::EditOp& op) {
  return {static_cast<uint8_t>(Kind::kEdit), op.SerializeAsString()};
}

Piece MakeDirectory(int64_t id, int64_t parent, const std::string& name) {
  edits::EditOp op;
  auto* made = op.mutable_make_directories()->add_directories();
  made->set_inode_id(id);
  made->set_parent_id(parent);
  made->set_name(name);
  made->set_permission(0755);
  made->set_owner("hdfs");
  made->set_group("supergroup");
  op.mutable_make_directories()->set_time_ms(1000);
  return Edit(op);
}

Piece CreateFile(int64_t id, int64_t parent, const std::string& name) {
  edits::EditOp op;
  auto* file = op.mutable_create_file();
  file->set_inode_id(id);
  file->set_parent_id(parent);
  file->set_name(name);
  file->set_permission(0644);
  file->set_owner("hdfs");
  file->set_group("supergroup");
  file->set_time_ms(1000);
  file->set_replication(3);
  file->set_block_size(1024);
  file->set_client_name("c1");
  file->set_client_host("127.0.0.1");
  op.mutable_retry()->set_client_id("0123456789abcdef");
  op.mutable_retry()->set_call_id(1);
  op.mutable_retry()->set_time_ms(1000);
  return Edit(op);
}

void FirstBlock(edits::BlockRecord* block, uint32_t state) {
  block->set_id(kLastReservedBlockId.value() + 1);
  block->set_generation_stamp(kLastReservedGenerationStamp.value() + 1);
  block->set_length(100);
  block->set_state(state);
}

Piece AddBlock(int64_t file) {
  edits::EditOp op;
  op.mutable_add_block()->set_inode_id(file);
  FirstBlock(op.mutable_add_block()->mutable_block(), 0);
  return Edit(op);
}

Piece CloseFile(int64_t file) {
  edits::EditOp op;
  op.mutable_close_file()->set_inode_id(file);
  op.mutable_close_file()->set_time_ms(2000);
  FirstBlock(op.mutable_close_file()->mutable_last(), 2);
  return Edit(op);
}

Piece RenameInode(int64_t id, int64_t parent, const std::string& name, int64_t overwritten = 0) {
  edits::EditOp op;
  op.mutable_rename()->set_inode_id(id);
  op.mutable_rename()->set_parent_id(parent);
  op.mutable_rename()->set_name(name);
  if (overwritten != 0) op.mutable_rename()->set_overwritten_id(overwritten);
  return Edit(op);
}

Piece DeleteInode(int64_t id) {
  edits::EditOp op;
  op.mutable_delete_()->set_inode_id(id);
  op.mutable_delete_()->set_time_ms(3000);
  return Edit(op);
}

Piece Reopen(int64_t file) {
  edits::EditOp op;
  op.mutable_reopen_file()->set_inode_id(file);
  op.mutable_reopen_file()->set_client_name("c2");
  FirstBlock(op.mutable_reopen_file()->mutable_last(), 0);
  return Edit(op);
}

Piece Recover(int64_t file) {
  edits::EditOp op;
  op.mutable_start_recovery()->set_inode_id(file);
  op.mutable_start_recovery()->set_holder("HDFS_NameNode-1");
  op.mutable_start_recovery()->set_recovery_id(2000);
  return Edit(op);
}

Piece Synchronize(int64_t file) {
  edits::EditOp op;
  op.mutable_synchronize_block()->set_inode_id(file);
  FirstBlock(op.mutable_synchronize_block()->mutable_block(), 2);
  op.mutable_synchronize_block()->set_close_file(true);
  return Edit(op);
}

Input Attributes() {
  edits::EditOp replication;
  replication.mutable_set_replication()->set_inode_id(kFirstInode);
  replication.mutable_set_replication()->set_replication(2);
  edits::EditOp permission;
  permission.mutable_set_permission()->set_inode_id(kFirstInode);
  permission.mutable_set_permission()->set_permission(0700);
  edits::EditOp owner;
  owner.mutable_set_owner()->set_inode_id(kFirstInode);
  owner.mutable_set_owner()->set_owner("alice");
  edits::EditOp times;
  times.mutable_set_times()->set_inode_id(kFirstInode);
  times.mutable_set_times()->set_mtime_ms(5);
  edits::EditOp datanode;
  datanode.mutable_register_datanode()->set_uuid("dn1");
  datanode.mutable_register_datanode()->set_ip_addr("127.0.10.1");
  edits::EditOp stamp;
  stamp.mutable_allocate_generation_stamp()->set_generation_stamp(3000);
  return {CreateFile(kFirstInode, kRootInodeId.value(), "f"),
          Edit(replication),
          Edit(permission),
          Edit(owner),
          Edit(times),
          Edit(datanode),
          Edit(stamp)};
}

}  // namespace

void RunTarget(const Input& input) {
  World world;
  world.Write(input);
  world.CheckStart();
}

std::vector<Input> Seeds() {
  const int64_t root = kRootInodeId.value();
  const int64_t a = kFirstInode;
  return {
      {MakeDirectory(a, root, "a"), CreateFile(a + 1, a, "f"), AddBlock(a + 1), CloseFile(a + 1)},
      {MakeDirectory(a, root, "a"), MakeDirectory(a + 1, a, "b"), CreateFile(a + 2, root, "f"),
       RenameInode(a + 1, root, "c"), RenameInode(a, root, "f", a + 2), DeleteInode(a)},
      {CreateFile(a, root, "f"), AddBlock(a), Recover(a), Synchronize(a), Reopen(a)},
      Attributes(),
      {MakeDirectory(a, root, "a"),
       {static_cast<uint8_t>(Kind::kSegment), ""},
       MakeDirectory(a + 1, a, "b"),
       {static_cast<uint8_t>(Kind::kRawBytes), "torn"}},
  };
}

}  // namespace tusk::fuzz
