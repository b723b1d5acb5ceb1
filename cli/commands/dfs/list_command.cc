// -ls and -find.
#include <algorithm>
#include <cstdio>

#include "cli/commands/dfs/format.h"
#include "cli/commands/dfs/shell_command.h"
#include "client/glob.h"

namespace tusk::cli {
namespace {

using client::GlobPattern;

constexpr uint32_t kHasAcl = 1;
constexpr uint32_t kHasErasureCoding = 4;

class Lister {
 public:
  Lister(Shell& shell, const Options& options)
      : shell_(shell),
        paths_only_(options.Has("C")),
        human_(options.Has("h")),
        printable_(options.Has("q")),
        recursive_(options.Has("R")),
        by_time_(options.Has("t")),
        by_size_(options.Has("S") && !by_time_),
        reverse_(options.Has("r")),
        access_time_(options.Has("u")),
        show_policy_(options.Has("e")) {}

  void ListDirectory(const PathItem& directory, bool top) {
    StatusOr<std::vector<PathItem>> children = shell_.Children(directory);
    if (!children.ok()) {
      shell_.Error(children.status(), directory.text);
      return;
    }
    if (top && !recursive_ && !paths_only_ && !children->empty()) {
      std::printf("Found %zu items\n", children->size());
    }
    Sort(&*children);
    Print(*children);
  }

  // Columns are as wide as these items and those before them need; with -R each directory is
  // followed by its own.
  void Print(const std::vector<PathItem>& items) {
    Widen(items);
    for (const PathItem& item : items) {
      PrintLine(item);
      if (recursive_ && item.is_directory()) ListDirectory(item, /*top=*/false);
    }
  }

 private:
  struct Widths {
    size_t replication = 3;
    size_t owner = 0;
    size_t group = 0;
    size_t policy = 0;
    size_t size = 10;
  };

  int64_t TimeOf(const PathItem& item) const {
    return access_time_ ? item.status->access_time_ms : item.status->modification_time_ms;
  }
  std::string Replication(const PathItem& item) const {
    return item.is_directory() ? "-" : std::to_string(item.status->replication);
  }
  std::string Policy(const PathItem& item) const {
    if (item.is_directory()) return "";
    return (item.status->flags & kHasErasureCoding) != 0 ? "ErasureCoded" : "Replicated";
  }

  void Sort(std::vector<PathItem>* items) const {
    const auto before = [this](const PathItem& a, const PathItem& b) {
      if (by_time_) return TimeOf(a) > TimeOf(b);
      if (by_size_) return a.status->length > b.status->length;
      return a.path < b.path;
    };
    // Equal ones keep the order of their names, reversed or not: as Hadoop's stable sort.
    std::stable_sort(items->begin(), items->end(), [&](const PathItem& a, const PathItem& b) {
      return reverse_ ? before(b, a) : before(a, b);
    });
  }

  void Widen(const std::vector<PathItem>& items) {
    Widths& widths = widths_;
    for (const PathItem& item : items) {
      widths.replication = std::max(widths.replication, Replication(item).size());
      widths.owner = std::max(widths.owner, item.status->owner.size());
      widths.group = std::max(widths.group, item.status->group.size());
      widths.policy = std::max(widths.policy, Policy(item).size());
      widths.size = std::max(widths.size, SizeText(item.status->length, human_).size());
    }
  }

  void PrintLine(const PathItem& item) const {
    const Widths& widths = widths_;
    const std::string shown = printable_ ? Printable(item.text) : item.text;
    if (paths_only_) {
      std::printf("%s\n", shown.c_str());
      return;
    }
    const FileStatus& status = *item.status;
    std::string line = item.is_directory() ? "d" : "-";
    line += PermissionText(status.permission) + ((status.flags & kHasAcl) != 0 ? "+" : " ");
    line += PadLeft(Replication(item), widths.replication) + " ";
    if (widths.owner > 0) line += PadRight(status.owner, widths.owner) + " ";
    if (widths.group > 0) line += PadRight(status.group, widths.group) + " ";
    if (show_policy_ && widths.policy > 0) line += PadRight(Policy(item), widths.policy) + " ";
    line += PadLeft(SizeText(status.length, human_), widths.size) + " ";
    line += MinuteText(TimeOf(item)) + " " + shown;
    std::printf("%s\n", line.c_str());
  }

  Shell& shell_;
  const bool paths_only_;
  const bool human_;
  const bool printable_;
  const bool recursive_;
  const bool by_time_;
  const bool by_size_;
  const bool reverse_;
  const bool access_time_;
  const bool show_policy_;
  Widths widths_;
};

// ---- find
// ----------------------------------------------------------------------------------------

struct FindTest {
  GlobPattern pattern;
  bool ignore_case = false;
};

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// All tests joined by "and", then actions in their order.
struct FindExpression {
  std::vector<FindTest> tests;
  std::string ends;  // '\n' for -print, '\0' for -print0

  bool Holds(const PathItem& item) const {
    const std::string name = NameOf(item);
    return std::all_of(tests.begin(), tests.end(), [&](const FindTest& test) {
      return test.pattern.Matches(test.ignore_case ? LowerCase(name) : name);
    });
  }
};

StatusOr<FindExpression> ParseFind(const std::vector<std::string>& words, size_t from) {
  FindExpression expression;
  for (size_t i = from; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-name" || word == "-iname") {
      if (++i == words.size()) {
        return InvalidArgumentError("option '" + word.substr(1) + "' requires 1 argument");
      }
      const bool ignore_case = word == "-iname";
      ASSIGN_OR_RETURN(GlobPattern pattern,
                       GlobPattern::Compile(ignore_case ? LowerCase(words[i]) : words[i]));
      expression.tests.push_back({std::move(pattern), ignore_case});
    } else if (word == "-print") {
      expression.ends += '\n';
    } else if (word == "-print0") {
      expression.ends += '\0';
    } else if (word != "-a" && word != "-and") {
      return InvalidArgumentError("Unexpected argument: " + word);
    }
  }
  if (expression.ends.empty()) expression.ends = "\n";
  return expression;
}

}  // namespace

Status RunLs(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(
      Options options,
      ParseOptions(words, {.flags = {"C", "d", "h", "q", "R", "t", "S", "r", "u", "e"}}));
  if (options.arguments.empty()) options.arguments.push_back(".");
  Lister lister(shell, options);
  ForEachPath(shell, options.arguments, [&](PathItem& item) {
    if (item.is_directory() && !options.Has("d")) {
      lister.ListDirectory(item, /*top=*/true);
    } else {
      lister.Print({item});
    }
  });
  return Status::Ok();
}

Status RunLsr(Shell& shell, const std::vector<std::string>& words) {
  std::fprintf(stderr, "lsr: DEPRECATED: Please use 'ls -R' instead.\n");
  std::vector<std::string> with_r = words;
  with_r.insert(with_r.begin(), "-R");
  return RunLs(shell, with_r);
}

Status RunFind(Shell& shell, const std::vector<std::string>& words) {
  size_t first = 0;
  while (first < words.size() && !words[first].starts_with("-")) ++first;
  std::vector<std::string> roots(words.begin(), words.begin() + static_cast<ptrdiff_t>(first));
  if (roots.empty()) roots.push_back(".");
  const StatusOr<FindExpression> parsed = ParseFind(words, first);
  if (!parsed.ok()) {
    shell.Error(parsed.status());
    return Status::Ok();
  }
  const FindExpression& expression = *parsed;
  ForEachPath(shell, roots, [&](PathItem& root) {
    Walk(shell, root, [&](PathItem& item) {
      if (!expression.Holds(item)) return true;
      for (const char end : expression.ends) {
        std::fputs(item.text.c_str(), stdout);
        std::fputc(end, stdout);
      }
      return true;
    });
  });
  return Status::Ok();
}

}  // namespace tusk::cli
