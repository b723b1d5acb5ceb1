#include "namenode/edits/local_journal.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/log.h"
#include "common/fault/fault_point.h"
#include "common/io/frame_file.h"

namespace tusk::namenode {
namespace {

constexpr std::string_view kPrefix = "edits_";

FAULT_POINT(kBeforeWrite, "namenode.edits.before_write");
FAULT_POINT(kBeforeSync, "namenode.edits.before_sync");
FAULT_POINT(kAfterSync, "namenode.edits.after_sync");

std::string SegmentName(TxId first) {
  std::string digits = std::to_string(first.value());
  return std::string(kPrefix) + std::string(19 - digits.size(), '0') + digits;
}

bool ParseSegmentName(const std::string& name, TxId* first) {
  if (name.size() != kPrefix.size() + 19 || name.compare(0, kPrefix.size(), kPrefix) != 0) {
    return false;
  }
  int64_t value = 0;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + kPrefix.size(), end, value);
  *first = TxId(value);
  return error == std::errc() && rest == end;
}

}  // namespace

LocalJournal::LocalJournal(LocalJournalOptions options, Env* env, Executor* executor)
    : options_(std::move(options)), env_(env), executor_(executor) {}

LocalJournal::~LocalJournal() {
  guard_.Stop();
  MutexLock lock(mu_);
  if (file_ != nullptr && failed_.ok()) IgnoreError(CloseSegment(), "zeros at the end do no harm");
}

StatusOr<std::vector<LocalJournal::Segment>> LocalJournal::ListSegments() {
  ASSIGN_OR_RETURN(const std::vector<DirEntry> entries, env_->List(options_.dir));
  std::vector<Segment> segments;
  for (const DirEntry& entry : entries) {  // in order of name, which is the order of txid
    TxId first;
    if (entry.is_dir || !ParseSegmentName(entry.name, &first)) continue;
    segments.push_back({first, JoinPath(options_.dir, entry.name)});
  }
  return segments;
}

Status LocalJournal::Replay(TxId after, const std::function<Status(TxId, std::string_view)>& take) {
  ASSIGN_OR_RETURN(std::vector<Segment> segments, ListSegments());
  // A segment is of use unless the next one begins at or before after + 1.
  size_t start = 0;
  while (start + 1 < segments.size() && segments[start + 1].first.value() <= after.value() + 1) {
    ++start;
  }
  TxId last = after;
  for (size_t i = start; i < segments.size(); ++i) {
    if (segments[i].first.value() > last.value() + 1) {
      return DataLossError("the edit log has a hole: edits " + std::to_string(last.value() + 1) +
                           " to " + std::to_string(segments[i].first.value() - 1) +
                           " are missing before " + segments[i].path +
                           "; restore that segment from a copy of the directory");
    }
    TxId end;
    RETURN_IF_ERROR(ReplaySegment(segments[i], i + 1 == segments.size(), after, &end, take));
    if (i + 1 == segments.size() && end < after) {
      return DataLossError("the edit log has lost edits that were synced: it ends with edit " +
                           std::to_string(end.value()) + " in " + segments[i].path +
                           ", and the image holds edits up to " + std::to_string(after.value()) +
                           "; restore the newest segments from a copy of the directory, or remove "
                           "all segments to go on with what the image holds");
    }
    last = std::max(last, end);
  }
  return Status::Ok();
}

Status LocalJournal::ReplaySegment(const Segment& segment, bool is_last, TxId after, TxId* end,
                                   const std::function<Status(TxId, std::string_view)>& take) {
  ASSIGN_OR_RETURN(const std::unique_ptr<FrameReader> reader,
                   FrameReader::Open(env_, segment.path));
  TxId next = segment.first;
  Frame frame;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader->Next(&frame));
    if (!more) break;
    const TxId txid(static_cast<int64_t>(frame.number));
    if (txid != next) {
      return DataLossError("the edit log has a hole: " + segment.path + " continues with edit " +
                           std::to_string(txid.value()) + " where " + std::to_string(next.value()) +
                           " should be");
    }
    next = TxId(next.value() + 1);
    if (txid > after) RETURN_IF_ERROR(take(txid, frame.payload));
  }
  *end = TxId(next.value() - 1);
  const bool empty = next == segment.first;  // not even its first edit is whole
  const bool torn = reader->torn_bytes() > 0;
  if (torn && !is_last) {
    return DataLossError("the edit log is damaged: " + segment.path + " is unreadable after edit " +
                         std::to_string(next.value() - 1) + ", and later segments exist");
  }
  if (torn) {
    LOG_WARN("cut torn tail of the edit log segment={} last_txid={} bytes={}", segment.path,
             next.value() - 1, reader->torn_bytes());
  }
  if (empty && is_last) {
    RETURN_IF_ERROR(env_->Remove(segment.path));
    return env_->SyncDir(options_.dir);
  }
  if (!torn && reader->blank_bytes() == 0) return Status::Ok();
  return CutBehind(segment, reader->valid_size());
}

Status LocalJournal::CutBehind(const Segment& segment, int64_t size) {
  ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                   env_->Open(segment.path, OpenMode::kReadWrite));
  RETURN_IF_ERROR(file->Truncate(size));
  RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

void LocalJournal::Append(JournalBatch batch, std::function<void(Status)> done) {
  auto shared = std::make_shared<JournalBatch>(std::move(batch));
  executor_->Post(guard_.Wrap([this, shared, done = std::move(done)] {
    Status status;
    {
      MutexLock lock(mu_);
      status = failed_.ok() ? Write(*shared) : failed_;
      if (!status.ok()) failed_ = status;
    }
    done(std::move(status));
  }));
}

Status LocalJournal::Write(const JournalBatch& batch) {
  RETURN_IF_ERROR(kBeforeWrite.Hit());
  if (file_ == nullptr || batch.start_segment || size_ >= options_.segment_bytes) {
    RETURN_IF_ERROR(OpenSegment(batch.first));
  }
  const int64_t end = size_ + static_cast<int64_t>(batch.frames.size());
  if (end > allocated_) {
    const int64_t step = options_.allocate_bytes;
    const int64_t upto = (end + step - 1) / step * step;
    const std::string zeros(static_cast<size_t>(upto - allocated_), '\0');
    RETURN_IF_ERROR(file_->WriteAt(allocated_, zeros));
    allocated_ = upto;
  }
  RETURN_IF_ERROR(file_->WriteAt(size_, batch.frames));
  size_ = end;
  RETURN_IF_ERROR(kBeforeSync.Hit());
  RETURN_IF_ERROR(file_->Sync());
  return kAfterSync.Hit();
}

Status LocalJournal::OpenSegment(TxId first) {
  if (file_ != nullptr) RETURN_IF_ERROR(CloseSegment());
  const std::string path = JoinPath(options_.dir, SegmentName(first));
  ASSIGN_OR_RETURN(file_, env_->Open(path, OpenMode::kCreateNew));
  std::string header;
  AppendFrameFileHeader(&header);
  RETURN_IF_ERROR(file_->Append(header));
  // The name must be durable before the first edit in it is acknowledged.
  RETURN_IF_ERROR(env_->SyncDir(options_.dir));
  size_ = allocated_ = static_cast<int64_t>(header.size());
  return Status::Ok();
}

Status LocalJournal::CloseSegment() {
  const std::unique_ptr<File> file = std::move(file_);
  RETURN_IF_ERROR(file->Truncate(size_));
  return file->Close();
}

void LocalJournal::PurgeUpTo(TxId last) {
  executor_->Post(guard_.Wrap([this, last] {
    MutexLock lock(mu_);
    Purge(last);
  }));
}

void LocalJournal::Purge(TxId last) {
  auto segments = ListSegments();
  if (!segments.ok()) {
    LOG_WARN("cannot list edit log segments error={}", segments.status().message());
    return;
  }
  for (size_t i = 0; i + 1 < segments->size(); ++i) {
    if (segments->at(i + 1).first.value() > last.value() + 1) break;
    const Status status = env_->Remove(segments->at(i).path);
    if (!status.ok()) {
      LOG_WARN("cannot remove old edit log segment error={}", status.message());
      return;
    }
  }
}

}  // namespace tusk::namenode
