// -du, -df, -count: how much is there.
#include <cstdio>

#include "cli/commands/dfs/format.h"
#include "cli/commands/dfs/shell_command.h"

namespace tusk::cli {
namespace {

void AddUsage(Shell& shell, const PathItem& item, bool human, TextTable* table) {
  const StatusOr<ContentSummary> sum = item.fs->GetContentSummary(item.path);
  if (!sum.ok()) {
    shell.Error(sum.status(), item.text);
    return;
  }
  table->AddRow({SizeText(sum->length, human), SizeText(sum->space_consumed, human), item.text});
}

TextTable UsageTable(bool with_header) {
  TextTable table({false, false, false});
  if (with_header) {
    table.AddRow({"SIZE", "DISK_SPACE_CONSUMED_WITH_ALL_REPLICAS", "FULL_PATH_NAME"});
  }
  return table;
}

void AddFreeSpace(Shell& shell, const PathItem& item, bool human, TextTable* table) {
  const StatusOr<FsStats> stats = item.fs->GetFsStats();
  if (!stats.ok()) {
    shell.Error(stats.status(), item.text);
    return;
  }
  const double share = stats->capacity_bytes > 0 ? 100.0 * static_cast<double>(stats->used_bytes) /
                                                       static_cast<double>(stats->capacity_bytes)
                                                 : 0;
  char percent[32];
  std::snprintf(percent, sizeof(percent), "%.0f%%", share);
  const std::string name = item.fs->uri() == "file://" ? "file:///" : item.fs->uri();
  table->AddRow({name, SizeText(stats->capacity_bytes, human), SizeText(stats->used_bytes, human),
                 SizeText(stats->remaining_bytes, human), percent});
}

// ---- count
// ---------------------------------------------------------------------------------------

std::string QuotaColumns(int64_t quota, int64_t used, size_t quota_width, bool human) {
  const std::string limit = quota > 0 ? SizeText(quota, human) : "none";
  const std::string left = quota > 0 ? SizeText(quota - used, human) : "inf";
  return PadLeft(limit, quota_width) + " " + PadLeft(left, 15) + " ";
}

constexpr const char* kQuotaHeader =
    "       QUOTA       REM_QUOTA     SPACE_QUOTA REM_SPACE_QUOTA ";
constexpr const char* kCountHeader = "   DIR_COUNT   FILE_COUNT       CONTENT_SIZE ";

StatusOr<std::string> QuotaLine(const PathItem& item, bool human) {
  if (item.fs->protocol() == nullptr)
    return QuotaColumns(-1, 0, 12, false) + QuotaColumns(-1, 0, 15, false);
  ASSIGN_OR_RETURN(const QuotaUsage usage, item.fs->protocol()->GetQuotaUsage(item.path));
  return QuotaColumns(usage.quota, usage.file_and_directory_count, 12, human) +
         QuotaColumns(usage.space_quota, usage.space_consumed, 15, human);
}

StatusOr<std::string> CountLine(const PathItem& item, bool with_quota, bool human) {
  ASSIGN_OR_RETURN(const ContentSummary sum, item.fs->GetContentSummary(item.path));
  std::string line;
  if (with_quota) {
    line += QuotaColumns(sum.quota, sum.file_count + sum.directory_count, 12, human);
    line += QuotaColumns(sum.space_quota, sum.space_consumed, 15, human);
  }
  return line + PadLeft(SizeText(sum.directory_count, human), 12) + " " +
         PadLeft(SizeText(sum.file_count, human), 12) + " " +
         PadLeft(SizeText(sum.length, human), 18) + " ";
}

}  // namespace

Status RunDu(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options,
                   ParseOptions(words, {.flags = {"h", "s", "v"}, .refused = {"x"}}));
  if (options.arguments.empty()) options.arguments.push_back(".");
  const bool human = options.Has("h");
  TextTable table = UsageTable(options.Has("v"));
  ForEachPath(shell, options.arguments, [&](PathItem& item) {
    if (options.Has("s") || !item.is_directory()) {
      AddUsage(shell, item, human, &table);
      return;
    }
    const StatusOr<std::vector<PathItem>> children = shell.Children(item);
    if (!children.ok()) {
      shell.Error(children.status(), item.text);
      return;
    }
    for (const PathItem& child : *children) AddUsage(shell, child, human, &table);
  });
  std::fputs(table.Render().c_str(), stdout);
  return Status::Ok();
}

Status RunDus(Shell& shell, const std::vector<std::string>& words) {
  std::fprintf(stderr, "dus: DEPRECATED: Please use 'du -s' instead.\n");
  std::vector<std::string> with_s = words;
  with_s.insert(with_s.begin(), "-s");
  return RunDu(shell, with_s);
}

Status RunDf(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options, ParseOptions(words, {.flags = {"h"}}));
  if (options.arguments.empty()) options.arguments.push_back("/");
  TextTable table({false, true, true, true, true});
  table.AddRow({"Filesystem", "Size", "Used", "Available", "Use%"});
  bool any = false;
  ForEachPath(shell, options.arguments, [&](PathItem& item) {
    AddFreeSpace(shell, item, options.Has("h"), &table);
    any = true;
  });
  if (any) std::fputs(table.Render().c_str(), stdout);
  return Status::Ok();
}

Status RunCount(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options, ParseOptions(words, {.min_arguments = 1,
                                                         .flags = {"q", "h", "v", "u"},
                                                         .refused = {"t", "x", "e", "s"}}));
  const bool human = options.Has("h");
  const bool usage_only = options.Has("u");
  const bool with_quota = options.Has("q");
  if (options.Has("v")) {
    std::printf("%s%sPATHNAME\n", with_quota || usage_only ? kQuotaHeader : "",
                usage_only ? "" : kCountHeader);
  }
  ForEachPath(shell, options.arguments, [&](PathItem& item) {
    const StatusOr<std::string> line =
        usage_only ? QuotaLine(item, human) : CountLine(item, with_quota, human);
    if (line.ok()) {
      std::printf("%s%s\n", line->c_str(), item.text.c_str());
    } else {
      shell.Error(line.status(), item.text);
    }
  });
  return Status::Ok();
}

}  // namespace tusk::cli
