#include "examples/terasort/records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace terasort {
namespace {

TEST(TeraSortTest, RowsAre100BytesAndAFunctionOfTheirNumber) {
  std::set<std::string> keys;
  for (uint64_t row = 0; row < 1000; ++row) {
    std::string a;
    std::string b;
    AppendRow(row, 1, &a);
    AppendRow(row, 1, &b);
    ASSERT_EQ(a.size(), kRecordBytes);
    EXPECT_EQ(a, b);
    for (size_t i = 0; i < kKeyBytes; ++i) {
      EXPECT_GE(a[i], ' ');
      EXPECT_LE(a[i], '~');
    }
    keys.insert(a.substr(0, kKeyBytes));
  }
  EXPECT_EQ(keys.size(), 1000u);
}

TEST(TeraSortTest, PartitionsFollowTheOrderOfKeysAndAreEven) {
  std::vector<std::string> keys;
  for (uint64_t row = 0; row < 20000; ++row) {
    std::string record;
    AppendRow(row, 7, &record);
    keys.push_back(record.substr(0, kKeyBytes));
  }
  std::sort(keys.begin(), keys.end());
  std::vector<int> sizes(4);
  int last = 0;
  for (const std::string& key : keys) {
    const int partition = RangePartitioner().Partition(key, key, 4);
    ASSERT_GE(partition, last);
    ASSERT_LT(partition, 4);
    last = partition;
    ++sizes[static_cast<size_t>(partition)];
  }
  for (const int size : sizes) EXPECT_NEAR(size, 5000, 500);
  EXPECT_EQ(RangePartitioner().Partition("\xff\xff\xff\xff", "", 4), 3);
}

}  // namespace
}  // namespace terasort
