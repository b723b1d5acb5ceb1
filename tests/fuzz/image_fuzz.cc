// What a damaged or foreign image does to a start: an error that says so, or a namespace that
// starts again the same; never a crash. The tag agrees with the records, so that the counts do not
// refuse everything.
#include "common/base/bytes.h"
#include "namenode/edits/image.h"
#include "proto/tusk/edits.pb.h"
#include "proto/tusk/image.pb.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/namesystem_world.h"

namespace tusk::fuzz {
namespace {

namespace image = proto::image;
using namenode::ImageRecord;

enum class Kind : uint8_t {
  kInode,     // 8 bytes of id, an InodeRecord
  kRetry,     // 16 bytes of client id, 4 of call id, a RetryRecord
  kDatanode,  // a RegisterDatanode record
  kTag,       // a TagRecord instead of the right one
  kRaw,       // length-prefixed key, value
  kCount,
};

class World : public NamesystemWorld {
 public:
  void Write(const Input& input) {
    tag_.set_checkpoint(1);
    tag_.set_txid(0);
    tag_.set_last_inode_id(1 << 20);
    tag_.set_last_block_id(int64_t{1} << 40);
    tag_.set_last_generation_stamp(1 << 20);
    for (const Piece& piece : input) Add(piece);
    std::string number;
    AppendBigEndian<int64_t>(&number, 1);
    batch_.Put("N", number);
    batch_.Put("T", other_tag_.empty() ? tag_.SerializeAsString() : other_tag_);
    CHECK(store_.Write(batch_, WriteSync::kYes).ok());
  }

  void CheckStart() {
    if (!TryStart().ok()) return;
    blocks_->LeaveSafeMode();
    CheckRestart();
  }

 private:
  void Put(ImageRecord type, std::string key, std::string_view value) {
    key.insert(key.begin(), static_cast<char>(type));
    AppendBigEndian(&key, ~uint64_t{1});
    batch_.Put(std::move(key), std::string(value));
  }

  void Add(const Piece& piece) {
    const std::string& bytes = piece.bytes;
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kInode:
        if (bytes.size() < 8) return;
        Count(bytes);
        return Put(ImageRecord::kInode, bytes.substr(0, 8), std::string_view(bytes).substr(8));
      case Kind::kRetry:
        if (bytes.size() < 20) return;
        return Put(ImageRecord::kRetry, bytes.substr(0, 20), std::string_view(bytes).substr(20));
      case Kind::kDatanode:
        return Put(ImageRecord::kDatanode, "dn", bytes);
      case Kind::kTag:
        other_tag_ = bytes;
        return;
      case Kind::kRaw: {
        ByteReader in(bytes);
        std::string_view key;
        if (in.ReadLengthPrefixed(&key)) batch_.Put(std::string(key), std::string(in.rest()));
        return;
      }
      case Kind::kCount:
        return;
    }
  }

  // As a checkpoint of these inodes would.
  void Count(const std::string& bytes) {
    image::InodeRecord record;
    if (!record.ParsePartialFromString(bytes.substr(8))) return;
    tag_.set_inodes(tag_.inodes() + 1);
    const auto plus = [](int64_t a, int64_t b) {
      return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
    };
    tag_.set_sum_of_ids(plus(tag_.sum_of_ids(), LoadBigEndian<int64_t>(bytes.data())));
    for (const auto& block : record.blocks()) {
      tag_.set_sum_of_lengths(plus(tag_.sum_of_lengths(), block.length()));
    }
  }

  KvBatch batch_;
  image::TagRecord tag_;
  std::string other_tag_;
};

// ---- seeds -------------------------------------------------------------------------------------

Piece Inode(int64_t id, const image::InodeRecord& record) {
  std::string bytes;
  AppendBigEndian(&bytes, id);
  return {static_cast<uint8_t>(Kind::kInode), bytes + record.SerializeAsString()};
}

image::InodeRecord Record(int64_t parent, const std::string& name, bool directory) {
  image::InodeRecord record;
  record.set_parent_id(parent);
  record.set_name(name);
  record.set_directory(directory);
  record.set_permission(0755);
  record.set_owner("hdfs");
  record.set_group("supergroup");
  record.set_mtime_ms(1000);
  return record;
}

image::InodeRecord File(int64_t parent, const std::string& name, bool open) {
  image::InodeRecord record = Record(parent, name, false);
  record.set_replication(3);
  record.set_block_size(1024);
  auto* block = record.add_blocks();
  block->set_id(1073741825);
  block->set_generation_stamp(1001);
  block->set_length(100);
  block->set_state(open ? 0 : 2);
  if (open) {
    record.mutable_open()->set_client_name("c1");
    record.mutable_open()->set_client_host("127.0.0.1");
  }
  return record;
}

Piece Retry() {
  image::RetryRecord record;
  record.set_time_ms(1000);
  proto::edits::EditOp answer;
  answer.mutable_create_file()->set_inode_id(kRootInodeId.value() + 2);
  record.set_answer(answer.SerializeAsString());
  std::string key = "0123456789abcdef";
  AppendBigEndian<int32_t>(&key, 7);
  return {static_cast<uint8_t>(Kind::kRetry), key + record.SerializeAsString()};
}

Piece Datanode() {
  proto::edits::RegisterDatanode record;
  record.set_uuid("dn1");
  record.set_ip_addr("127.0.10.1");
  record.set_host_name("dn1");
  record.set_xfer_port(9866);
  return {static_cast<uint8_t>(Kind::kDatanode), record.SerializeAsString()};
}

}  // namespace

void RunTarget(const Input& input) {
  World world;
  world.Write(input);
  world.CheckStart();
}

std::vector<Input> Seeds() {
  const int64_t root = kRootInodeId.value();
  const Piece top = Inode(root, Record(0, "", true));
  const Piece folder = Inode(root + 1, Record(root, "d", true));
  return {
      {top, folder, Inode(root + 2, File(root + 1, "f", false)), Retry(), Datanode()},
      {top, folder, Inode(root + 2, File(root, "open", true))},
      {top, Inode(root + 1, Record(0, "detached", true)),
       Inode(root + 2, File(root + 1, "f", true))},
  };
}

}  // namespace tusk::fuzz
