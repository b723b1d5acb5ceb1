#include "cli/commands/bench/compare_outputs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "mapreduce/history/quantity.h"

namespace tusk::cli {
namespace {

constexpr double kTolerance = 1e-9;
constexpr size_t kPiece = 1 << 20;

struct OutputFile {
  std::string name;
  std::string path;
  int64_t length = 0;
};

StatusOr<std::vector<OutputFile>> FilesOf(FileSystem& fs, const std::string& directory) {
  ASSIGN_OR_RETURN(const std::vector<FileEntry> entries, fs.ListStatus(directory));
  std::vector<OutputFile> files;
  for (const FileEntry& entry : entries) {
    const std::string name = entry.path.substr(entry.path.rfind('/') + 1);
    if (name.starts_with('_') || name.starts_with('.') || entry.status.is_directory()) continue;
    files.push_back({name, entry.path, entry.status.length});
  }
  std::ranges::sort(files, {}, &OutputFile::name);
  return files;
}

StatusOr<size_t> ReadFully(FileReader& file, std::string* piece) {
  size_t filled = 0;
  while (filled < piece->size()) {
    ASSIGN_OR_RETURN(const size_t read, file.Read(piece->data() + filled, piece->size() - filled));
    if (read == 0) break;
    filled += read;
  }
  return filled;
}

// The first byte that differs; -1: none.
StatusOr<int64_t> FirstDifference(FileSystem& fs, const std::string& a, const std::string& b) {
  ASSIGN_OR_RETURN(const auto file_a, fs.Open(a));
  ASSIGN_OR_RETURN(const auto file_b, fs.Open(b));
  std::string piece_a(kPiece, '\0');
  std::string piece_b(kPiece, '\0');
  for (int64_t at = 0;;) {
    ASSIGN_OR_RETURN(const size_t read_a, ReadFully(*file_a, &piece_a));
    ASSIGN_OR_RETURN(const size_t read_b, ReadFully(*file_b, &piece_b));
    const size_t both = std::min(read_a, read_b);
    const auto differ = std::mismatch(
        piece_a.begin(), piece_a.begin() + static_cast<ptrdiff_t>(both), piece_b.begin());
    const auto same = static_cast<size_t>(differ.first - piece_a.begin());
    if (same < both || read_a != read_b) return at + static_cast<int64_t>(same);
    if (both == 0) return -1;
    at += static_cast<int64_t>(both);
  }
}

StatusOr<std::string> WholeText(FileSystem& fs, const std::string& directory) {
  ASSIGN_OR_RETURN(const std::vector<OutputFile> files, FilesOf(fs, directory));
  std::string text;
  for (const OutputFile& file : files) {
    ASSIGN_OR_RETURN(const std::string bytes, fs.ReadFile(file.path));
    text += bytes;
  }
  return text;
}

// Takes the next "key<TAB>number" line; false when the text is no such line.
bool TakeNumber(std::string_view* text, std::string_view* key, double* value) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  const size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return false;
  *key = line.substr(0, tab);
  const char* const last = line.data() + line.size();
  const auto parsed = std::from_chars(line.data() + tab + 1, last, *value);
  return parsed.ec == std::errc() && parsed.ptr == last;
}

}  // namespace

StatusOr<Verdict> CompareFiles(FileSystem& fs, const std::string& a, const std::string& b) {
  ASSIGN_OR_RETURN(const std::vector<OutputFile> files_a, FilesOf(fs, a));
  ASSIGN_OR_RETURN(const std::vector<OutputFile> files_b, FilesOf(fs, b));
  if (files_a.empty()) return Verdict{false, a + " holds no files"};
  if (!std::ranges::equal(files_a, files_b, {}, &OutputFile::name, &OutputFile::name)) {
    return Verdict{false, a + " and " + b + " hold different files"};
  }
  int64_t bytes = 0;
  for (size_t i = 0; i < files_a.size(); ++i) {
    ASSIGN_OR_RETURN(const int64_t at, FirstDifference(fs, files_a[i].path, files_b[i].path));
    if (at >= 0) {
      return Verdict{false, files_a[i].path + " and " + files_b[i].path + " differ at byte " +
                                std::to_string(at)};
    }
    bytes += files_a[i].length;
  }
  return Verdict{true, std::to_string(files_a.size()) + " output files, " +
                           mapreduce::BytesText(bytes) + ", are equal byte for byte"};
}

Verdict CompareNumberTexts(std::string_view a, std::string_view b) {
  int count = 0;
  double worst = 0;
  while (!a.empty() && !b.empty()) {
    std::string_view key_a;
    std::string_view key_b;
    double value_a = 0;
    double value_b = 0;
    if (!TakeNumber(&a, &key_a, &value_a) || !TakeNumber(&b, &key_b, &value_b)) {
      return {false, "an output is not lines of key, tab, number"};
    }
    const double size = std::max(std::abs(value_a), std::abs(value_b));
    const double apart = size == 0 ? 0 : std::abs(value_a - value_b) / size;
    if (key_a != key_b || !(apart <= kTolerance)) {
      return {false, "line " + std::to_string(count + 1) + ": " + std::string(key_a) + " " +
                         std::to_string(value_a) + " against " + std::string(key_b) + " " +
                         std::to_string(value_b)};
    }
    worst = std::max(worst, apart);
    ++count;
  }
  if (!a.empty() || !b.empty()) return {false, "one output has more lines than the other"};
  if (count == 0) return {false, "the outputs are empty"};
  char text[96];
  std::snprintf(text, sizeof(text), "%d numbers, at most %.1e apart (1e-9 relative is allowed)",
                count, worst);
  return {true, text};
}

StatusOr<Verdict> CompareNumbers(FileSystem& fs, const std::string& a, const std::string& b) {
  ASSIGN_OR_RETURN(const std::string text_a, WholeText(fs, a));
  ASSIGN_OR_RETURN(const std::string text_b, WholeText(fs, b));
  return CompareNumberTexts(text_a, text_b);
}

}  // namespace tusk::cli
