#include "common/grpc/cluster_secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "common/testing/fake_clock.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk {
namespace {

using std::chrono::minutes;
using ::testing::HasSubstr;

constexpr char kMethod[] = "/tusk.DatanodeLink/Connect";

ClusterSecret Secret(char fill) {
  return ClusterSecret::FromBytes(std::string(32, fill)).value();
}

class CallVerifierTest : public ::testing::Test {
 protected:
  std::string Signed(char secret = 's') {
    return Secret(secret).Sign(kMethod, "datanode 1", clock_.WallMillis());
  }

  FakeClock clock_;
  CallVerifier verifier_{Secret('s'), &clock_};
};

TEST_F(CallVerifierTest, AcceptsACallSignedWithTheSameSecretAndNamesItsCaller) {
  ASSERT_OK_AND_ASSIGN(const std::string caller, verifier_.Verify(kMethod, Signed()));
  EXPECT_EQ(caller, "datanode_1");
}

TEST_F(CallVerifierTest, RefusesAnotherSecretAnotherMethodAndNoSignatureAtAll) {
  EXPECT_THAT(verifier_.Verify(kMethod, Signed('x')), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(verifier_.Verify("/tusk.Other/Method", Signed()), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(verifier_.Verify(kMethod, ""), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(verifier_.Verify(kMethod, "1 a b c d e"), HasCode(Code::kUnauthenticated));
}

TEST_F(CallVerifierTest, TakesASignatureOnlyOnceEvenAfterManyMinutes) {
  const std::string header = Signed();
  EXPECT_OK(verifier_.Verify(kMethod, header));
  clock_.Advance(minutes(4));
  EXPECT_OK(verifier_.Verify(kMethod, Signed()));
  EXPECT_THAT(verifier_.Verify(kMethod, header), HasCode(Code::kUnauthenticated));
}

TEST_F(CallVerifierTest, RefusesASignatureOfMoreThanFiveMinutesAgo) {
  const std::string header = Signed();
  clock_.Advance(minutes(6));
  const auto result = verifier_.Verify(kMethod, header);
  EXPECT_THAT(result, HasCode(Code::kUnauthenticated));
  EXPECT_THAT(result.status().message(), HasSubstr("compare the clocks"));
}

TEST(ClusterSecretTest, LoadsAFileThatOnlyItsOwnerMayReadAndCutsItsLineEnd) {
  TempDir dir;
  const std::string path = dir.path() + "/secret";
  std::ofstream(path) << std::string(32, 'k') << "\n";
  ::chmod(path.c_str(), 0644);
  EXPECT_THAT(ClusterSecret::Load(path), HasCode(Code::kPermissionDenied));
  ::chmod(path.c_str(), 0600);
  ASSERT_OK_AND_ASSIGN(const ClusterSecret loaded, ClusterSecret::Load(path));
  EXPECT_EQ(loaded.Digest("m", "c", "1", "n"), Secret('k').Digest("m", "c", "1", "n"));
}

TEST(ClusterSecretTest, SaysWhichFileIsMissingOrTooShort) {
  EXPECT_THAT(ClusterSecret::Load("/nonexistent/secret").status().message(),
              HasSubstr("/nonexistent/secret"));
  EXPECT_THAT(ClusterSecret::FromBytes("short"), HasCode(Code::kInvalidArgument));
}

}  // namespace
}  // namespace tusk
