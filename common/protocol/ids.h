// The identities HDFS passes around. Distinct types: a BlockId does not convert to an InodeId.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/strong_id.h"

namespace tusk {

using BlockId = StrongId<struct BlockIdTag>;  // first of a fresh namespace: 2^30 + 1
using GenerationStamp = StrongId<struct GenerationStampTag>;  // first 1001; raised by each recovery
using InodeId = StrongId<struct InodeIdTag>;                  // never used again; the root is 16385
using TxId = StrongId<struct TxIdTag>;  // of edit log records, from 1 without holes

inline constexpr InodeId kRootInodeId{16385};
inline constexpr BlockId kLastReservedBlockId{1LL << 30};
inline constexpr GenerationStamp kLastReservedGenerationStamp{1000};

}  // namespace tusk
