#include "mapreduce/client/program_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "mapreduce/engine/plan/program_stamp.h"

namespace tusk::mapreduce {
namespace {

using testing::HasSubstr;

class ProgramCheckTest : public testing::Test {
 protected:
  std::string Program(const std::string& bytes, mode_t mode = 0755) {
    const std::string path = dir_.path() + "/program";
    std::ofstream(path, std::ios::binary) << bytes;
    ::chmod(path.c_str(), mode);
    return path;
  }
  TempDir dir_;
};

TEST_F(ProgramCheckTest, AProgramBuiltAgainstTheseHeadersMayRun) {
  EXPECT_OK(CheckProgram("/proc/self/exe"));
}

TEST_F(ProgramCheckTest, AnotherInterfaceIsNamed) {
  const Status status = CheckProgram(Program("\177ELF...tusk-program-interface:77;..."));
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("another version of Tusk (interface 77, this is "));
  EXPECT_THAT(status.message(), HasSubstr("build it again"));
}

TEST_F(ProgramCheckTest, WhatIsNotLinkedToLibtuskIsRefused) {
  EXPECT_THAT(CheckProgram("/bin/true").message(), HasSubstr("is not linked to libtusk"));
  EXPECT_THAT(CheckProgram(Program("")).message(), HasSubstr("is not linked to libtusk"));
  EXPECT_THAT(CheckProgram(Program("#!/bin/sh\n")).message(), HasSubstr("is a script"));
}

TEST_F(ProgramCheckTest, MissingFoldersAndFilesThatMayNotRunAreTold) {
  EXPECT_THAT(CheckProgram(dir_.path() + "/none").message(), HasSubstr("does not exist"));
  EXPECT_THAT(CheckProgram(dir_.path()).message(), HasSubstr("is not a file"));
  EXPECT_THAT(CheckProgram(Program("x", 0644)).message(), HasSubstr("is not executable"));
}

}  // namespace
}  // namespace tusk::mapreduce
