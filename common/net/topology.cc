#include "common/net/topology.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

namespace tusk {

namespace {

std::vector<std::string_view> Levels(std::string_view location) {
  std::vector<std::string_view> levels;
  while (!location.empty()) {
    const size_t slash = std::min(location.find('/'), location.size());
    if (slash > 0) levels.push_back(location.substr(0, slash));
    location.remove_prefix(std::min(slash + 1, location.size()));
  }
  return levels;
}

}  // namespace

int NetworkDistance(std::string_view host_a, std::string_view rack_a, std::string_view host_b,
                    std::string_view rack_b) {
  const auto a = Levels(rack_a);
  const auto b = Levels(rack_b);
  const auto [end_a, end_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (end_a == a.end() && end_b == b.end()) return host_a == host_b ? 0 : 2;
  // Up from each host to the first level that both are under.
  return static_cast<int>((a.end() - end_a) + (b.end() - end_b)) + 2;
}

StatusOr<RackTable> RackTable::Parse(std::string_view text, const std::string& source) {
  RackTable table;
  std::istringstream in{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::istringstream fields(line.substr(0, line.find('#')));
    std::string host, rack, more;
    if (!(fields >> host)) continue;
    if (!(fields >> rack) || rack.front() != '/' || (fields >> more)) {
      return InvalidArgumentError(source + ": line " + std::to_string(number) +
                                  ": expected HOST /RACK");
    }
    table.Set(std::move(host), std::move(rack));
  }
  return table;
}

StatusOr<RackTable> RackTable::Load(const std::string& path) {
  std::ifstream in(path);
  if (!in) return NotFoundError("cannot read the rack table " + path);
  std::ostringstream text;
  text << in.rdbuf();
  return Parse(text.str(), path);
}

std::string RackTable::RackOf(std::string_view host, std::string_view address) const {
  auto it = racks_.find(host);
  if (it == racks_.end()) it = racks_.find(address);
  return it == racks_.end() ? std::string(kDefaultLocation) : it->second;
}

}  // namespace tusk
