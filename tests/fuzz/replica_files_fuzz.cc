// What lies in a DataNode's folders after whatever happened to the disk: checksum files, block
// files, VERSION, the index. A start answers with an error or takes only replicas that can be read.
#include "common/base/bytes.h"
#include "common/base/check.h"
#include "datanode/storage/store_fixture.h"
#include "tests/fuzz/fuzz_target.h"

namespace tusk::fuzz {
namespace {

using namespace datanode;

// The first byte of a file's piece says which block (low bits) and whether it is in rbw/ (bit 4).
enum class Kind : uint8_t {
  kMeta,       // a checksum file
  kGoodMeta,   // likewise with a good header and right checksums for these bytes as the block
  kData,       // a block file
  kVersion,    // VERSION
  kIndex,      // an entry of the index: 8 bytes of key, value
  kCleanStop,  // the index says that the last stop was clean
  kAnyName,    // length-prefixed name, content: any file in finalized/
  kCount,
};

constexpr char kPoolDir[] = "/d1/current/BP-1-127.0.0.1-1";

class World : public StoreTest {
 public:
  World() {
    testing::GTEST_FLAG(break_on_failure) = true;
    Start();  // makes the folders
    store_->Close();
    store_.reset();
    index_ = indexes_.Opener()(std::string(kPoolDir) + "/index", false).value();
  }
  void TestBody() override {}

  void Add(const Piece& piece) {
    const std::string& bytes = piece.bytes;
    if (bytes.empty()) return;
    const bool rbw = (bytes[0] & 16) != 0;
    const BlockId id((bytes[0] & 3) + 1);
    const std::string rest = bytes.substr(1);
    const GenerationStamp stamp(1001 + ((bytes[0] >> 2) & 1));
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kMeta:
        return Write(Folder(rbw) + MetaFileName(id, stamp), rest);
      case Kind::kGoodMeta:
        return Write(Folder(rbw) + MetaFileName(id, stamp),
                     EncodeMetaHeader(DataChecksum{}) + SumsOf(DataChecksum{}, rest));
      case Kind::kData:
        return Write(Folder(rbw) + BlockFileName(id), rest);
      case Kind::kVersion:
        return Write("/d1/current/VERSION", bytes);
      case Kind::kIndex:
        if (bytes.size() < 8) return;
        CHECK(index_->Put(bytes.substr(0, 8), bytes.substr(8), WriteSync::kYes).ok());
        return;
      case Kind::kCleanStop:
        CHECK(ReplicaIndex(std::make_unique<Forward>(index_.get())).MarkClean(boot_id_).ok());
        return;
      case Kind::kAnyName: {
        ByteReader in(bytes);
        std::string_view name;
        if (in.ReadLengthPrefixed(&name)) Write(Folder(false) + std::string(name), in.rest());
        return;
      }
      case Kind::kCount:
        return;
    }
  }

  void CheckStart() {
    auto store = OpenStore();
    if (!store.ok()) return;
    store_ = std::move(store).value();
    if (!store_->Join(TestNamespace()).ok()) return;
    for (const StorageReplicas& storage : store_->Snapshot()) {
      for (const ReportedReplica& reported : storage.replicas) Use(reported.block);
    }
    CHECK(store_->Reconcile().ok());
    store_->Close();
  }

 private:
  class Forward final : public KvStore {
   public:
    explicit Forward(KvStore* store) : store_(store) {}
    StatusOr<std::string> Get(std::string_view key) override { return store_->Get(key); }
    Status Write(const KvBatch& batch, WriteSync sync) override {
      return store_->Write(batch, sync);
    }
    std::unique_ptr<KvIterator> NewIterator() override { return store_->NewIterator(); }
    void Compact(std::string_view, std::string_view) override {}

   private:
    KvStore* const store_;
  };

  static std::string Folder(bool rbw) {
    return std::string(kPoolDir) + (rbw ? "/current/rbw/" : "/current/finalized/subdir0/subdir0/");
  }

  void Write(const std::string& path, std::string_view content) {
    IgnoreError(env_.MakeDirs(ParentDir(path)), "a file may stand there");
    IgnoreError(env_.WriteFileAtomically(path, content), "the name may be no file's");
  }

  // Reading, recovering and appending may fail, each with an error.
  void Use(const Block& block) {
    const ExtendedBlock whole{kTestPool, block};
    auto reader = store_->OpenForRead(whole);
    if (reader.ok()) {
      IgnoreError(FindValidPrefix(reader->data.get(), reader->meta.get()).status(), "or not");
      IgnoreError(ReadChecksums(reader->meta.get(), reader->checksum, 0,
                                reader->checksum.ChunksFor(reader->length))
                      .status(),
                  "or not");
    }
    Append(whole);
    IgnoreError(store_->InitRecovery(whole, 5000).status(), "or not");
    IgnoreError(store_->UpdateRecovery(whole, 5000, block.num_bytes / 2).status(), "or not");
  }

  void Append(const ExtendedBlock& block) {
    const auto session = Session();
    auto writer = store_->Append(block, GenerationStamp(block.block.generation_stamp.value() + 1),
                                 block.block.num_bytes, session);
    if (writer.ok()) {
      IgnoreError(WriteAll(writer->get(), block.block.num_bytes, "more"), "a damaged chunk");
    }
    session->Finished();  // else a recovery waits for it
  }

  std::unique_ptr<KvStore> index_;
};

}  // namespace

void RunTarget(const Input& input) {
  World world;
  for (const Piece& piece : input) world.Add(piece);
  world.CheckStart();
}

std::vector<Input> Seeds() {
  const auto piece = [](Kind kind, const std::string& bytes) {
    return Piece{static_cast<uint8_t>(kind), bytes};
  };
  const std::string data = Pattern(700);
  const std::string finalized(1, '\0');
  const std::string rbw(1, 17);
  std::string entry;
  AppendBigEndian<int64_t>(&entry, 1);
  AppendVarint(&entry, 1001);
  AppendVarint(&entry, 700);
  const std::string version =
      "clusterID=CID-test\nnamespaceID=42\nblockpoolID=BP-1-127.0.0.1-1\n"
      "datanodeUuid=u\nstorageID=DS-1\nlayoutVersion=1\n";
  return {
      {piece(Kind::kData, finalized + data), piece(Kind::kGoodMeta, finalized + data)},
      {piece(Kind::kData, rbw + data), piece(Kind::kGoodMeta, rbw + data.substr(0, 600))},
      {piece(Kind::kData, finalized + data), piece(Kind::kGoodMeta, finalized + data),
       piece(Kind::kIndex, entry), piece(Kind::kCleanStop, "x")},
      {piece(Kind::kMeta, finalized + EncodeMetaHeader(DataChecksum{}) + "sums")},
      {piece(Kind::kVersion, version)},
      {piece(Kind::kAnyName,
             "\x0e"
             "blk_1_1001.meta"
             "x")},
  };
}

}  // namespace tusk::fuzz
