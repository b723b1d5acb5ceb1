// Structured log lines, thin over the logging library. One line per event, fields as key=value:
//   LOG_INFO("pipeline set up block={} targets={}", block_id, targets.size());
//
// Threads: every macro is thread-safe. Never log under a lock that serves requests.
// The CLI does not call InitLogging: its warnings and errors go to stderr, nothing below.
#pragma once

#include <spdlog/fmt/ostr.h>
#include <spdlog/spdlog.h>

#include <string>

#include "common/base/status.h"
#include "common/base/strong_id.h"

namespace tusk {

struct LogOptions {
  std::string program;  // "namenode": part of every line
  std::string file;     // empty: stderr only
  int64_t max_file_bytes = 64 << 20;
  int max_files = 4;
  bool to_stderr = true;
  std::string level = "info";  // trace, debug, info, warn, error
};

// Once, early in main().
Status InitLogging(const LogOptions& options);
void FlushLogs();

}  // namespace tusk

#define LOG_DEBUG(...) \
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::debug, __VA_ARGS__)
#define LOG_INFO(...) \
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::info, __VA_ARGS__)
#define LOG_WARN(...) \
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::warn, __VA_ARGS__)
#define LOG_ERROR(...) \
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::err, __VA_ARGS__)

template <>
struct fmt::formatter<tusk::Status> : fmt::ostream_formatter {};
template <typename Tag, typename Rep>
struct fmt::formatter<tusk::StrongId<Tag, Rep>> : fmt::formatter<Rep> {
  auto format(tusk::StrongId<Tag, Rep> id, fmt::format_context& context) const {
    return fmt::formatter<Rep>::format(id.value(), context);
  }
};
