#include "client/replica_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::client {
namespace {

using ::testing::ElementsAre;

LocatedBlock Block() {
  LocatedBlock block;
  for (const char* ip : {"127.0.10.1", "127.0.10.2", "127.0.10.3"}) {
    DatanodeInfo node;
    node.id.ip_addr = ip;
    node.id.xfer_port = 9866;
    block.locations.push_back(node);
  }
  return block;
}

TEST(ReplicaChoiceTest, TheClientsOwnDatanodeComesFirstAndTheRestStaysInOrder) {
  EXPECT_THAT(ReplicaOrder(Block(), {"127.0.10.2"}, {}), ElementsAre(1, 0, 2));
}

TEST(ReplicaChoiceTest, DeadNodesAreLeftOut) {
  EXPECT_THAT(ReplicaOrder(Block(), {}, {"127.0.10.1:9866"}), ElementsAre(1, 2));
}

TEST(ReplicaChoiceTest, ABoundAddressIsTheOnlyLocalOne) {
  EXPECT_THAT(LocalAddresses("127.0.10.1"), ElementsAre("127.0.10.1"));
}

TEST(ReplicaChoiceTest, NoLoopbackAddressIsLocalWithoutABoundOne) {
  for (const std::string& address : LocalAddresses("")) {
    EXPECT_FALSE(address.starts_with("127.")) << address;
  }
}

}  // namespace
}  // namespace tusk::client
