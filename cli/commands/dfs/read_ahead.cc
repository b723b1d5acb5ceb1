#include "cli/commands/dfs/read_ahead.h"

#include <optional>
#include <utility>

#include "common/base/check.h"

namespace tusk::cli {
namespace {

constexpr size_t kPieces = 4;
constexpr size_t kPieceBytes = 512 << 10;

}  // namespace

ReadAhead::ReadAhead(FileReader* from)
    : from_(from), free_(kPieces), filled_(kPieces), thread_("read-ahead", 1) {
  for (size_t i = 0; i < kPieces; ++i) free_.Push({.buffer = std::string(kPieceBytes, '\0')});
  thread_.Post([this] { Run(); });
}

ReadAhead::~ReadAhead() {
  free_.Close();
  filled_.Close();
  thread_.Stop();
}

void ReadAhead::Run() {
  while (std::optional<Piece> piece = free_.Pop()) {
    piece->filled = Fill(&piece->buffer);
    const bool last = !piece->filled.ok() || *piece->filled == 0;
    if (!filled_.Push(std::move(*piece)) || last) return;
  }
}

// A reader gives what has arrived, a packet at a time; storing is cheaper in larger pieces.
StatusOr<size_t> ReadAhead::Fill(std::string* buffer) {
  size_t filled = 0;
  while (filled < buffer->size()) {
    ASSIGN_OR_RETURN(const size_t got,
                     from_->Read(buffer->data() + filled, buffer->size() - filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

StatusOr<std::string_view> ReadAhead::Next() {
  if (!current_.buffer.empty()) free_.Push(std::move(current_));
  std::optional<Piece> piece = filled_.Pop();
  CHECK(piece.has_value()) << "asked for bytes behind the end";
  current_ = std::move(*piece);
  RETURN_IF_ERROR(current_.filled.status());
  return std::string_view(current_.buffer).substr(0, *current_.filled);
}

}  // namespace tusk::cli
