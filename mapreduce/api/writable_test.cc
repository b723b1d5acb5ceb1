#include "mapreduce/api/writable.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "mapreduce/api/job_options.h"

namespace tusk {
namespace {

template <class T>
std::string Encoded(const T& value) {
  std::string out;
  Writable<T>::Encode(value, &out);
  return out;
}

// Ascending values: each must come back, and their bytes must ascend too.
template <class T>
void ExpectOrderIsKept(const std::vector<T>& ascending) {
  for (size_t i = 0; i < ascending.size(); ++i) {
    T back{};
    ASSERT_TRUE(Writable<T>::Decode(Encoded(ascending[i]), &back));
    EXPECT_EQ(back, ascending[i]);
    if (i > 0) {
      EXPECT_LT(Encoded(ascending[i - 1]), Encoded(ascending[i])) << i;
    }
  }
}

TEST(WritableTest, EncodedKeysOrderAsTheirValuesDo) {
  ExpectOrderIsKept<int64_t>({std::numeric_limits<int64_t>::min(), -300, -1, 0, 1, 255, 256,
                              std::numeric_limits<int64_t>::max()});
  ExpectOrderIsKept<int32_t>({-5, 0, 70000});
  ExpectOrderIsKept<uint32_t>({0, 1, 0x80000000u});
  ExpectOrderIsKept<double>({-std::numeric_limits<double>::infinity(), -1e9, -1.5, -1e-300, 0.0,
                             1e-300, 2.25, std::numeric_limits<double>::infinity()});
  ExpectOrderIsKept<std::string>({"", "a", "aa", "b"});
  ExpectOrderIsKept<bool>({false, true});
}

TEST(WritableTest, PairsOrderByTheFirstPartThenTheSecond) {
  using P = std::pair<std::string, int64_t>;
  const std::string zero(1, '\0');
  ExpectOrderIsKept<P>({{"", 5},
                        {zero, -1},
                        {zero + zero, -1},
                        {zero + "a", 0},
                        {"a", -7},
                        {"a", 3},
                        {"a" + zero, 0},
                        {"ab", 0}});
}

TEST(WritableTest, BytesOfAnotherTypeAreRefused) {
  int64_t n = 0;
  EXPECT_FALSE(Writable<int64_t>::Decode("1234567", &n));
  std::pair<std::string, int64_t> p;
  EXPECT_FALSE((Writable<std::pair<std::string, int64_t>>::Decode("abc", &p)));
}

TEST(WritableTest, NumbersReadAsPeopleWriteThem) {
  std::string out;
  Writable<int64_t>::AppendText(-42, &out);
  out.push_back(' ');
  Writable<double>::AppendText(0.1, &out);
  EXPECT_EQ(out, "-42 0.1");
}

TEST(JobOptionsTest, TravelWithTheJob) {
  mapreduce::JobOptions options;
  options.Set("a", "1");
  options.Set("b.c", "");
  Writer out;
  options.Encode(&out);
  Reader in(out.str());
  EXPECT_EQ(mapreduce::JobOptions::Decode(in).values(), options.values());
  EXPECT_TRUE(in.ok() && in.AtEnd());
}

}  // namespace
}  // namespace tusk
