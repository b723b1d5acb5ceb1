#include "common/protocol/permission.h"

#include <gtest/gtest.h>

namespace tusk {
namespace {

uint16_t Chmod(std::string_view mode, uint16_t from, bool directory = false) {
  const auto result = ApplyChmod(mode, FsPermission{from}, directory);
  return result.ok() ? result->bits : 0xFFFF;
}

TEST(PermissionTest, ReadsAsLsPrintsIt) {
  EXPECT_EQ(PermissionText({0755}), "rwxr-xr-x");
  EXPECT_EQ(PermissionText({0640}), "rw-r-----");
  EXPECT_EQ(PermissionText({01777}), "rwxrwxrwt");
  EXPECT_EQ(PermissionText({01776}), "rwxrwxrwT");
}

TEST(PermissionTest, ChmodTakesOctalAndSymbolicModes) {
  EXPECT_EQ(Chmod("700", 0644), 0700);
  EXPECT_EQ(Chmod("1777", 0644), 01777);
  EXPECT_EQ(Chmod("u+x,go-r", 0644), 0700);
  EXPECT_EQ(Chmod("a=rX", 0600), 0444);
  EXPECT_EQ(Chmod("a=rX", 0600, true), 0555);
  EXPECT_EQ(Chmod("+t", 0755), 01755);
  EXPECT_EQ(Chmod("o=", 0777), 0770);
}

TEST(PermissionTest, BadModesAreRefusedWithHadoopsText) {
  for (const char* bad : {"", "8", "77", "99999", "u", "u+q", "z+r", "u+t", "2755"}) {
    const auto result = ApplyChmod(bad, {0644}, false);
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_EQ(result.status().message(),
              "chmod : mode '" + std::string(bad) + "' does not match the expected pattern.");
  }
}

TEST(PermissionTest, UmaskTakesBitsAway) {
  EXPECT_EQ(FsPermission{0777}.WithoutUmask(022).bits, 0755);
  EXPECT_EQ(FsActionName(5), "READ_EXECUTE");
}

}  // namespace
}  // namespace tusk
