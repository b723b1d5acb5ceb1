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
  EXPECT_THAT(ReplicaOrder(Block(), OwnHost::Of("127.0.10.2"), {}), ElementsAre(1, 0, 2));
}

TEST(ReplicaChoiceTest, AllOfOneMachineStayInTheNameNodesOrder) {
  EXPECT_THAT(ReplicaOrder(Block(), OwnHost::Of(""), {}), ElementsAre(0, 1, 2));
}

TEST(ReplicaChoiceTest, DeadNodesAreLeftOut) {
  EXPECT_THAT(ReplicaOrder(Block(), OwnHost::Of("10.0.0.1"), {"127.0.10.1:9866"}),
              ElementsAre(1, 2));
}

TEST(ReplicaChoiceTest, AClientBoundToOneWorkerIsNotOnAnother) {
  const OwnHost own = OwnHost::Of("127.0.10.1");
  EXPECT_TRUE(own.Has("127.0.10.1"));
  EXPECT_FALSE(own.Has("127.0.10.2"));
  EXPECT_FALSE(own.Has("127.0.0.1"));
}

TEST(ReplicaChoiceTest, AClientBoundToNothingIsOnItsMachineWhateverTheLoopbackAddress) {
  const OwnHost own = OwnHost::Of("");
  EXPECT_TRUE(own.Has("127.0.0.1"));
  EXPECT_TRUE(own.Has("127.0.10.3"));
  EXPECT_TRUE(own.Has("::1"));
  EXPECT_FALSE(own.Has("192.0.2.7"));  // of a documentation network: nobody's
}

}  // namespace
}  // namespace tusk::client
