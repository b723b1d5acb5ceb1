// Which rack a host stands on, and how far two places are from each other.
//
// A location is a path such as "/rack1" or "/dc1/rack1"; kDefaultLocation where nobody said.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk {

inline constexpr std::string_view kDefaultLocation = "/default-rack";

// Hadoop's distance: 0 the same host, 2 the same rack, 4 another rack (each further level of the
// tree that the two do not share adds 2). Hosts are compared as text: "same host" means the same
// worker address.
int NetworkDistance(std::string_view host_a, std::string_view rack_a, std::string_view host_b,
                    std::string_view rack_b);

// From a table file (net.topology.table.file.name): lines of "host-or-address rack", # comments.
//
// Threads: freely read after construction.
class RackTable {
 public:
  RackTable() = default;
  static StatusOr<RackTable> Parse(std::string_view text, const std::string& source);
  static StatusOr<RackTable> Load(const std::string& path);

  // By host name or address, whichever is listed.
  std::string RackOf(std::string_view host, std::string_view address = {}) const;
  void Set(std::string host, std::string rack) { racks_[std::move(host)] = std::move(rack); }
  size_t size() const { return racks_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> racks_;
};

}  // namespace tusk
