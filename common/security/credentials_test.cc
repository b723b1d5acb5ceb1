#include "common/security/credentials.h"

#include <cstdlib>
#include <fstream>

#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_seed.h"

namespace tusk {
namespace {

Credentials Example() {
  Credentials credentials;
  credentials.tokens[""] = {
      .identifier = std::string("\x08\x01\0", 3), .password = "pw", .kind = "YARN_AM_RM_TOKEN"};
  credentials.tokens["nm"] = {.identifier = std::string(300, 'i'),
                              .password = std::string(20, '\xFF'),
                              .kind = "NMToken",
                              .service = "127.0.10.1:8041"};
  credentials.secrets["app"] = std::string(128, '\0');
  return credentials;
}

TEST(CredentialsTest, SurviveTheirImage) {
  const Credentials credentials = Example();
  ASSERT_OK_AND_ASSIGN(const Credentials read, ParseCredentials(SerializeCredentials(credentials)));
  EXPECT_EQ(read.tokens, credentials.tokens);
  EXPECT_EQ(read.secrets, credentials.secrets);
  ASSERT_NE(read.FindKind("NMToken"), nullptr);
  EXPECT_EQ(read.FindKind("NMToken")->service, "127.0.10.1:8041");
  EXPECT_EQ(read.FindKind("HDFS_DELEGATION_TOKEN"), nullptr);
}

TEST(CredentialsTest, ImageIsHadoopsWritableForm) {
  Credentials credentials;
  credentials.tokens["al"] = {
      .identifier = std::string(200, 'x'), .password = "p", .kind = "k", .service = ""};
  // 200 needs one magnitude byte behind the marker -113.
  EXPECT_EQ(ToHex(SerializeCredentials(credentials)),
            "4844545300"
            "01"
            "02616c"
            "8fc8" +
                ToHex(std::string(200, 'x')) +
                "0170"
                "016b"
                "00"
                "00");
}

TEST(CredentialsTest, TrailingBytesOfTheSendersBufferAreLeftAlone) {
  ASSERT_OK_AND_ASSIGN(const Credentials read,
                       ParseCredentials(SerializeCredentials(Example()) + std::string(64, '\0')));
  EXPECT_EQ(read.tokens.size(), 2u);
}

TEST(CredentialsTest, EmptyImagesHoldNothing) {
  EXPECT_OK(ParseCredentials(""));
  ASSERT_OK_AND_ASSIGN(const Credentials read, ParseCredentials(std::string("HDTS\0\0\0", 7)));
  EXPECT_TRUE(read.tokens.empty());
  EXPECT_TRUE(read.secrets.empty());
}

TEST(CredentialsTest, ReadsTheProtobufForm) {
  // tokens { alias: "a" token { identifier: "id" password: "pw" kind: "K" service: "s" } }
  // secrets { alias: "n" secret: "v" }
  ASSERT_OK_AND_ASSIGN(const std::string message, FromHex("0a13"
                                                          "0a0161"
                                                          "120e"
                                                          "0a026964"
                                                          "12027077"
                                                          "1a014b"
                                                          "220173"
                                                          "1206"
                                                          "0a016e"
                                                          "1a0176"));
  std::string image("HDTS\1", 5);
  image.push_back(static_cast<char>(message.size()));
  ASSERT_OK_AND_ASSIGN(const Credentials read, ParseCredentials(image + message));
  ASSERT_EQ(read.tokens.count("a"), 1u);
  EXPECT_EQ(read.tokens.at("a"),
            (Token{.identifier = "id", .password = "pw", .kind = "K", .service = "s"}));
  EXPECT_EQ(read.secrets.at("n"), "v");
}

TEST(CredentialsTest, TruncatedAndDamagedImagesAreErrorsNeverCrashes) {
  const std::string image = SerializeCredentials(Example());
  for (size_t size = 1; size < image.size(); ++size) {
    EXPECT_FALSE(ParseCredentials(image.substr(0, size)).ok()) << size;
  }
  Random random(TestSeed());
  for (int i = 0; i < 5000; ++i) {
    std::string damaged = image;
    damaged[4] = static_cast<char>(random.Below(2));
    for (int n = 0; n < 4; ++n) {
      damaged[4 + random.Below(60)] = static_cast<char>(random.Next());
    }
    IgnoreError(ParseCredentials(damaged).status(), "only must not crash");
  }
}

TEST(CredentialsTest, ProcessReadsTheFileItsEnvironmentNames) {
  TempDir dir;
  const std::string path = dir.File("container_tokens");
  std::ofstream(path, std::ios::binary) << SerializeCredentials(Example());
  ::setenv("HADOOP_TOKEN_FILE_LOCATION", path.c_str(), 1);
  ASSERT_OK_AND_ASSIGN(const Credentials read, ProcessCredentials());
  EXPECT_EQ(read.tokens.size(), 2u);
  ::setenv("HADOOP_TOKEN_FILE_LOCATION", "/does/not/exist", 1);
  EXPECT_THAT(ProcessCredentials(), MessageContains("/does/not/exist"));
  ::unsetenv("HADOOP_TOKEN_FILE_LOCATION");
  ASSERT_OK_AND_ASSIGN(const Credentials none, ProcessCredentials());
  EXPECT_TRUE(none.tokens.empty());
}

TEST(TokenTest, SurvivesTheTextFormOfUrls) {
  for (size_t size = 0; size < 6; ++size) {
    const Token token{.identifier = std::string(size, '\xFB'),
                      .password = "p",
                      .kind = "HDFS_DELEGATION_TOKEN",
                      .service = "ha-hdfs:ns1"};
    const std::string text = EncodeTokenForUrl(token);
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
    ASSERT_OK_AND_ASSIGN(const Token read, DecodeTokenFromUrl(text));
    EXPECT_EQ(read, token);
  }
  EXPECT_FALSE(DecodeTokenFromUrl("!!").ok());
}

}  // namespace
}  // namespace tusk
