// Which reducer gets a key. A function of the encoded key alone, the same in every process and
// mode.
//
// A partitioner of your own: a class with
//   int Partition(const K& key, std::string_view encoded_key, int partitions) const;
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/macros.h"

namespace tusk {

namespace mapreduce {
// XXH3 over the bytes.
TUSK_EXPORT uint64_t HashBytes(std::string_view bytes);
}  // namespace mapreduce

struct HashPartitioner {
  template <class K>
  int Partition(const K& /*key*/, std::string_view encoded_key, int partitions) const {
    return static_cast<int>(mapreduce::HashBytes(encoded_key) % static_cast<uint64_t>(partitions));
  }
};

}  // namespace tusk
