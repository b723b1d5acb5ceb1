#include <cstdlib>
#include <limits>

#include "common/base/hex.h"
#include "common/security/digest.h"
#include "common/security/group_mapping.h"
#include "common/security/request_signature.h"
#include "common/security/token_secrets.h"
#include "common/security/user.h"
#include "common/testing/fake_clock.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DigestTest, AgreesWithThePublishedVectors) {
  EXPECT_EQ(ToHex(Md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 2202 case 2 and RFC 4231 case 2.
  EXPECT_EQ(ToHex(HmacSha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(ToHex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(EqualDigests("ab", "ab"));
  EXPECT_FALSE(EqualDigests("ab", "ac"));
  EXPECT_FALSE(EqualDigests("ab", "abc"));
}

TEST(UserTest, EnvironmentNamesTheUserElseTheLoginDoes) {
  ::setenv("HADOOP_USER_NAME", "alice/host@REALM", 1);
  ASSERT_OK_AND_ASSIGN(const std::string stated, CurrentUserName());
  EXPECT_EQ(stated, "alice");
  ::unsetenv("HADOOP_USER_NAME");
  const auto login = ProcessUserName();
  const auto current = CurrentUserName();
  ASSERT_EQ(login.ok(), current.ok());
  if (login.ok()) {
    EXPECT_EQ(*login, *current);
  }
}

TEST(UserTest, GroupMembershipIsByName) {
  const User user{.name = "alice", .groups = {"staff", "dev"}};
  EXPECT_TRUE(user.IsIn("dev"));
  EXPECT_FALSE(user.IsIn("root"));
}

class GroupMappingTest : public ::testing::Test {
 protected:
  GroupMapping::Groups Lookup(const std::string& user) {
    ++lookups_;
    if (user == "nobody") return {};
    return {user + "s", "all"};
  }

  FakeClock clock_;
  ManualExecutor executor_;
  int lookups_ = 0;
  GroupMapping mapping_{{.static_overrides = "dr.who=; alice = staff , dev"},
                        &executor_,
                        &clock_,
                        [this](const std::string& user) { return Lookup(user); }};
  std::vector<GroupMapping::Groups> answers_;
  std::function<void(GroupMapping::Groups)> Note() {
    return [this](GroupMapping::Groups groups) { answers_.push_back(std::move(groups)); };
  }
};

TEST_F(GroupMappingTest, NeverLooksUpOnTheCallersThread) {
  mapping_.Resolve("bob", Note());
  EXPECT_THAT(answers_, IsEmpty());
  executor_.RunAll();
  EXPECT_THAT(answers_, ElementsAre(ElementsAre("bobs", "all")));
}

TEST_F(GroupMappingTest, ConcurrentRequestsShareOneLookup) {
  mapping_.Resolve("bob", Note());
  mapping_.Resolve("bob", Note());
  executor_.RunAll();
  EXPECT_EQ(answers_.size(), 2u);
  EXPECT_EQ(lookups_, 1);
}

TEST_F(GroupMappingTest, CachedAnswersComeAtOnceUntilTheyExpire) {
  mapping_.Resolve("bob", Note());
  executor_.RunAll();
  mapping_.Resolve("bob", Note());
  EXPECT_EQ(answers_.size(), 2u);
  clock_.Advance(301s);
  mapping_.Resolve("bob", Note());
  EXPECT_EQ(answers_.size(), 2u);
  executor_.RunAll();
  EXPECT_EQ(lookups_, 2);
}

TEST_F(GroupMappingTest, UnknownUsersAreAskedForAgainSooner) {
  mapping_.Resolve("nobody", Note());
  executor_.RunAll();
  clock_.Advance(31s);
  mapping_.Resolve("nobody", Note());
  executor_.RunAll();
  EXPECT_EQ(lookups_, 2);
}

TEST_F(GroupMappingTest, StaticOverridesAreNeverLookedUp) {
  mapping_.Resolve("alice", Note());
  mapping_.Resolve("dr.who", Note());
  EXPECT_THAT(answers_, ElementsAre(ElementsAre("staff", "dev"), IsEmpty()));
  EXPECT_EQ(lookups_, 0);
}

TEST_F(GroupMappingTest, RefreshDropsAlsoTheLookupUnderWay) {
  mapping_.Resolve("bob", Note());
  executor_.RunAll();
  mapping_.Refresh();
  mapping_.Resolve("bob", Note());
  EXPECT_EQ(answers_.size(), 1u);
  executor_.RunAll();
  EXPECT_EQ(lookups_, 2);
}

TEST_F(GroupMappingTest, NamesWithoutEndDoNotFillTheMemory) {
  mapping_.Resolve("bob", Note());
  executor_.RunAll();
  for (size_t i = 0; i < GroupMapping::kMaxCached; ++i) {
    mapping_.Resolve("user" + std::to_string(i), Note());
    executor_.RunAll();
  }
  const int before = lookups_;
  mapping_.Resolve("bob", Note());
  executor_.RunAll();
  EXPECT_EQ(lookups_, before + 1);  // the cache has begun anew
  mapping_.Resolve("bob", Note());
  EXPECT_EQ(lookups_, before + 1);
  EXPECT_EQ(answers_.size(), GroupMapping::kMaxCached + 3);
}

TEST(SystemGroupsTest, UnknownUserHasNone) {
  EXPECT_THAT(SystemGroups("no-such-user-here"), IsEmpty());
}

TEST(TokenSecretsTest, TokensOfARolledKeyStayValidUntilItIsForgotten) {
  TokenSecrets secrets;
  EXPECT_FALSE(secrets.Current().has_value());
  const MasterKey first = secrets.Roll();
  ASSERT_OK_AND_ASSIGN(const std::string password, secrets.Password(first.id, "identifier"));
  EXPECT_EQ(password, HmacSha1(first.bytes, "identifier"));
  const MasterKey second = secrets.Roll();
  EXPECT_NE(first.bytes, second.bytes);
  EXPECT_EQ(secrets.Current(), second);
  EXPECT_OK(secrets.Check(first.id, "identifier", password));
  EXPECT_THAT(secrets.Check(second.id, "identifier", password), HasReason(Reason::kInvalidToken));
  secrets.ForgetBefore(second.id);
  EXPECT_THAT(secrets.Check(first.id, "identifier", password), HasReason(Reason::kInvalidToken));
}

TEST(TokenSecretsTest, KeysMadeElsewhereCheckWhatWasSignedThere) {
  TokenSecrets issuer;
  TokenSecrets checker;
  checker.Add(issuer.Roll());
  ASSERT_OK_AND_ASSIGN(const std::string password,
                       issuer.Password(issuer.Current()->id, "container"));
  EXPECT_OK(checker.Check(issuer.Current()->id, "container", password));
  EXPECT_FALSE(checker.Check(issuer.Current()->id, "container 2", password).ok());
}

TEST(RequestSignatureTest, HoldsForFiveMinutesAndForThisRequestOnly) {
  const SignedRequest request{.method = "GET",
                              .host_port = "127.0.10.1:13562",
                              .path = "/application_1_0001/map_0",
                              .range = "bytes=0-99",
                              .unix_seconds = 1'700'000'000};
  const std::string signature = SignRequest("secret", request);
  EXPECT_OK(VerifyRequest("secret", request, signature, 1'700'000'300));
  EXPECT_OK(VerifyRequest("secret", request, signature, 1'699'999'700));
  EXPECT_FALSE(VerifyRequest("secret", request, signature, 1'700'000'301).ok());
  EXPECT_FALSE(VerifyRequest("other", request, signature, 1'700'000'000).ok());

  SignedRequest changed = request;
  changed.range = "bytes=0-100";
  EXPECT_FALSE(VerifyRequest("secret", changed, signature, 1'700'000'000).ok());
  changed = request;
  changed.host_port = "127.0.10.2:13562";
  EXPECT_FALSE(VerifyRequest("secret", changed, signature, 1'700'000'000).ok());
  changed = request;  // the same characters, split elsewhere
  changed.path = "/application_1_0001/map_0b";
  changed.range = "ytes=0-99";
  EXPECT_FALSE(VerifyRequest("secret", changed, signature, 1'700'000'000).ok());
}

}  // namespace
}  // namespace tusk
