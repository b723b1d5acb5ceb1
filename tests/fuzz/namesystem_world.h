// A namesystem on a disk in memory, for the targets that feed one: the fixture of its unit tests.
#pragma once

#include <string>

#include "common/base/check.h"
#include "namenode/namesystem/namesystem_fixture.h"

namespace tusk::fuzz {

class NamesystemWorld : public namenode::NamesystemTest {
 public:
  NamesystemWorld() { testing::GTEST_FLAG(break_on_failure) = true; }  // an EXPECT ends the run
  void TestBody() override {}

  // What was answered is on the disk: after a restart the namespace is the same.
  void CheckRestart() {
    Settle();
    CHECK(fatal_.ok());
    const std::string before = Dump();
    Restart();
    Settle();
    const std::string after = Dump();
    if (before != after) {
      fprintf(stderr, "before the restart:\n%safter it:\n%s", before.c_str(), after.c_str());
    }
    CHECK(before == after);
  }
};

}  // namespace tusk::fuzz
