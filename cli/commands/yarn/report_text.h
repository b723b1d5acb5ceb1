// Applications and nodes as Hadoop's yarn command prints them.
//
// Pure text; no I/O.
#pragma once

#include <string>
#include <vector>

#include "yarnlite/api/application.h"
#include "yarnlite/api/queue.h"

namespace tusk::cli {

// Headings and a line each; without the line that counts them.
std::string ApplicationTable(const std::vector<yarnlite::ApplicationReport>& reports);
std::string ApplicationStatus(const yarnlite::ApplicationReport& report);
std::string NodeTable(const std::vector<yarnlite::NodeReport>& nodes);
std::string NodeStatus(const yarnlite::NodeReport& node);

// "[A, B]", as Java prints collections.
std::string BracketedList(const std::vector<std::string>& words);

}  // namespace tusk::cli
