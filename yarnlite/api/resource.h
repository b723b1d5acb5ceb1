// What a container may use: memory and virtual cores.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace tusk::yarnlite {

struct Resource {
  int64_t memory_mb = 0;
  int32_t vcores = 0;

  bool operator==(const Resource&) const = default;

  Resource& operator+=(const Resource& other) {
    memory_mb += other.memory_mb;
    vcores += other.vcores;
    return *this;
  }
  Resource& operator-=(const Resource& other) {
    memory_mb -= other.memory_mb;
    vcores -= other.vcores;
    return *this;
  }
  friend Resource operator+(Resource a, const Resource& b) { return a += b; }
  friend Resource operator-(Resource a, const Resource& b) { return a -= b; }

  bool FitsIn(const Resource& room) const {
    return memory_mb <= room.memory_mb && vcores <= room.vcores;
  }

  // Hadoop's text: "<memory:1024, vCores:1>".
  std::string ToString() const {
    return "<memory:" + std::to_string(memory_mb) + ", vCores:" + std::to_string(vcores) + ">";
  }
};

// Any strict order, for maps.
struct ResourceLess {
  bool operator()(const Resource& a, const Resource& b) const {
    return a.memory_mb != b.memory_mb ? a.memory_mb < b.memory_mb : a.vcores < b.vcores;
  }
};

inline std::ostream& operator<<(std::ostream& out, const Resource& r) {
  return out << r.ToString();
}

}  // namespace tusk::yarnlite
