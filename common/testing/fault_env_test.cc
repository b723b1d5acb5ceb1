#include "common/testing/fault_env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

class FaultEnvTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(env_.MakeDirs("/d")); }

  // Writes and syncs a file and its name.
  void MakeDurable(const std::string& path, const std::string& content) {
    ASSERT_OK(env_.WriteFileAtomically(path, content));
  }

  FaultEnv env_;
};

TEST_F(FaultEnvTest, ForgetsBytesThatWereNotSynced) {
  MakeDurable("/d/f", "old");
  ASSERT_OK_AND_ASSIGN(auto file, env_.Open("/d/f", OpenMode::kReadWrite));
  ASSERT_OK(file->Append("+synced"));
  ASSERT_OK(file->Sync());
  ASSERT_OK(file->Append("+lost"));
  EXPECT_EQ(*env_.ReadFile("/d/f"), "old+synced+lost");
  env_.Crash();
  EXPECT_EQ(*env_.ReadFile("/d/f"), "old+synced");
  EXPECT_THAT(file->Append("x"), HasCode(Code::kUnavailable));
}

TEST_F(FaultEnvTest, ForgetsNamesWhoseFolderWasNotSynced) {
  ASSERT_OK_AND_ASSIGN(auto file, env_.Open("/d/new", OpenMode::kCreateNew));
  ASSERT_OK(file->Append("x"));
  ASSERT_OK(file->Sync());
  MakeDurable("/d/a", "a");
  ASSERT_OK(env_.Rename("/d/a", "/d/b"));
  MakeDurable("/d/kept", "k");  // syncs the folder: the rename is durable now, and so is "new"
  ASSERT_OK(env_.Remove("/d/kept"));
  ASSERT_OK(env_.Rename("/d/b", "/d/c"));
  env_.Crash();
  EXPECT_TRUE(env_.Exists("/d/new"));
  EXPECT_TRUE(env_.Exists("/d/b"));
  EXPECT_TRUE(env_.Exists("/d/kept"));
  EXPECT_FALSE(env_.Exists("/d/c"));
}

TEST_F(FaultEnvTest, KeepsATornTailWhenAsked) {
  MakeDurable("/d/f", "base");
  ASSERT_OK_AND_ASSIGN(auto file, env_.Open("/d/f", OpenMode::kReadWrite));
  ASSERT_OK(file->Append("12345"));
  env_.KeepTornTail(2);
  env_.Crash();
  EXPECT_EQ(*env_.ReadFile("/d/f"), "base12");
}

TEST_F(FaultEnvTest, ATornCrashKeepsAPrefixOfEachFileAndTheOldestNames) {
  bool some_bytes = false;
  bool some_zeros = false;
  bool some_names = false;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    FaultEnv env;
    env.TearAtCrash(seed);
    ASSERT_OK(env.MakeDirs("/d"));
    ASSERT_OK_AND_ASSIGN(auto file, env.Open("/d/f", OpenMode::kCreateNew));
    ASSERT_OK(file->Append("base"));
    ASSERT_OK(file->Sync());
    ASSERT_OK(env.SyncDir("/d"));
    ASSERT_OK(file->Append("123456"));
    ASSERT_OK(env.MakeDir("/d/a"));
    ASSERT_OK(env.MakeDir("/d/b"));
    ASSERT_OK(env.Rename("/d/f", "/d/g"));
    env.Crash();
    const bool renamed = env.Exists("/d/g");
    ASSERT_NE(env.Exists("/d/f"), renamed) << "a rename is whole or not at all";
    if (renamed) {
      EXPECT_TRUE(env.Exists("/d/b"));
    }
    if (env.Exists("/d/b")) {
      EXPECT_TRUE(env.Exists("/d/a"));
    }
    some_names |= env.Exists("/d/a") && !renamed;
    ASSERT_OK_AND_ASSIGN(const std::string content, env.ReadFile(renamed ? "/d/g" : "/d/f"));
    const std::string written = content.substr(0, content.find('\0'));
    EXPECT_TRUE(std::string("base123456").starts_with(written) && written.starts_with("base"));
    EXPECT_EQ(content.find_first_not_of('\0', written.size()), std::string::npos);
    EXPECT_LE(content.size(), 10u);
    some_bytes |= written.size() > 4 && written.size() < 10;
    some_zeros |= content.size() > written.size();
  }
  EXPECT_TRUE(some_bytes && some_zeros && some_names);
}

TEST_F(FaultEnvTest, ACopyIsAnotherDisk) {
  MakeDurable("/d/f", "one");
  ASSERT_OK(env_.HardLink("/d/f", "/d/g"));
  ASSERT_OK(env_.SyncDir("/d"));
  const auto copy = env_.Copy();
  ASSERT_OK(copy->WriteFileAtomically("/d/f", "two"));
  EXPECT_EQ(*env_.ReadFile("/d/f"), "one");
  copy->Crash();
  EXPECT_EQ(*copy->ReadFile("/d/f"), "two");
  EXPECT_EQ(*copy->ReadFile("/d/g"), "one");
}

TEST_F(FaultEnvTest, StopsAtTheChosenWriteUntilTheCrash) {
  MakeDurable("/d/f", "one");
  env_.FailAfterWrites(2);
  ASSERT_OK_AND_ASSIGN(auto file, env_.Open("/d/f", OpenMode::kReadWrite));
  EXPECT_OK(file->Append("+"));
  EXPECT_FALSE(env_.failed());
  EXPECT_THAT(file->Sync(), HasCode(Code::kUnavailable));
  EXPECT_THAT(env_.Remove("/d/f"), HasCode(Code::kUnavailable));
  EXPECT_TRUE(env_.failed());
  env_.Crash();
  EXPECT_EQ(*env_.ReadFile("/d/f"), "one");
  EXPECT_OK(env_.Remove("/d/f"));
}

TEST_F(FaultEnvTest, AtEveryStopAnAtomicWriteLeavesTheOldOrTheNewContent) {
  for (int n = 1;; ++n) {
    FaultEnv env;
    ASSERT_OK(env.MakeDirs("/d"));
    ASSERT_OK(env.WriteFileAtomically("/d/f", "old"));
    env.FailAfterWrites(n);
    const Status written = env.WriteFileAtomically("/d/f", "new");
    const bool stopped = env.failed();
    env.Crash();
    ASSERT_OK_AND_ASSIGN(const std::string content, env.ReadFile("/d/f"));
    EXPECT_EQ(content, written.ok() ? "new" : "old") << "stopped at " << n;
    if (!stopped) break;
  }
}

TEST_F(FaultEnvTest, AFullDiskSaysSo) {
  env_.SetCapacity(10);
  ASSERT_OK_AND_ASSIGN(auto file, env_.Open("/d/f", OpenMode::kCreateNew));
  EXPECT_OK(file->Append("0123456789"));
  EXPECT_THAT(file->Append("x"), HasCode(Code::kResourceExhausted));
  EXPECT_EQ(env_.Space("/d")->available_bytes, 0);
}

TEST_F(FaultEnvTest, ALockIsFreeAfterACrash) {
  ASSERT_OK_AND_ASSIGN(auto lock, env_.Lock("/d/in_use.lock"));
  EXPECT_THAT(env_.Lock("/d/in_use.lock"), HasCode(Code::kFailedPrecondition));
  env_.Crash();
  ASSERT_OK_AND_ASSIGN(auto again, env_.Lock("/d/in_use.lock"));
  lock.reset();  // the old holder's end takes nothing from the new one
  EXPECT_THAT(env_.Lock("/d/in_use.lock"), HasCode(Code::kFailedPrecondition));
}

TEST_F(FaultEnvTest, CorruptFlipsOneBitForGood) {
  MakeDurable("/d/f", "a");
  ASSERT_OK(env_.Corrupt("/d/f", 0));
  env_.Crash();
  EXPECT_EQ(*env_.ReadFile("/d/f"), "`");
}

}  // namespace
}  // namespace tusk
