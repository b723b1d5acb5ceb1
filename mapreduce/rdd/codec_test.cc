#include "mapreduce/rdd/codec.h"

#include <gtest/gtest.h>

#include "mapreduce/rdd/bind.h"
#include "mapreduce/rdd/key_table.h"

namespace tusk {
namespace {

enum class Color : uint8_t { kRed, kGreen };

struct Inner {
  double x = 1.5;
  std::string name;
  bool operator==(const Inner&) const = default;
};
struct Outer {
  int id = 0;
  Inner inner;
  std::vector<Inner> more;
  std::array<int, 3> numbers{};
  Color color = Color::kRed;
  bool operator==(const Outer&) const = default;
};
class WithFields {
 public:
  WithFields() = default;
  explicit WithFields(int secret) : secret_(secret) {}
  auto Fields() { return std::tie(secret_); }
  bool operator==(const WithFields&) const = default;

 private:
  int secret_ = 0;
};

template <class T>
void ExpectRoundTrip(const T& value) {
  static_assert(Serializable<T>);
  const std::string bytes = Encoded(value);
  Reader in(bytes);
  T back{};
  Codec<T>::Decode(in, back);
  EXPECT_TRUE(in.ok() && in.AtEnd());
  EXPECT_EQ(back, value);
  // Every cut is noticed.
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    Reader part(std::string_view(bytes).substr(0, cut));
    T lost{};
    Codec<T>::Decode(part, lost);
    EXPECT_FALSE(part.ok()) << cut;
  }
}

TEST(CodecTest, AggregatesContainersAndFieldsRoundTrip) {
  ExpectRoundTrip(Outer{7, {2.5, "in"}, {{0, "a"}, {-1, ""}}, {1, 2, 3}, Color::kGreen});
  ExpectRoundTrip(std::vector<double>{1, 2, 3.5});
  ExpectRoundTrip(std::vector<double>{});
  ExpectRoundTrip(std::vector<bool>{true, false, true});
  ExpectRoundTrip(std::array<bool, 3>{true, false, true});
  ExpectRoundTrip(std::map<std::string, int>{{"a", 1}, {"b", 2}});
  ExpectRoundTrip(std::optional<std::string>("x"));
  ExpectRoundTrip(std::tuple<int, std::string, char>(1, "two", '3'));
  ExpectRoundTrip(WithFields(42));
}

TEST(CodecTest, WhatCannotTravelIsNotSerializable) {
  static_assert(!Serializable<int*>);
  static_assert(!Serializable<std::string_view>);
  static_assert(!Serializable<std::unique_ptr<int>>);
  static_assert(!Serializable<std::vector<std::string_view>>);
  static_assert(
      std::is_same_v<Owned<std::pair<std::string_view, int>>, std::pair<std::string, int>>);
}

TEST(CodecTest, ADamagedCountDoesNotAllocate) {
  std::string bytes;
  AppendVarint(&bytes, uint64_t{1} << 60);
  Reader in(bytes);
  std::vector<double> values;
  Codec<std::vector<double>>::Decode(in, values);
  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(values.empty());
}

template <class T>
bool Decodes(std::string_view bytes) {
  Reader in(bytes);
  T value{};
  Codec<T>::Decode(in, value);
  return in.ok();
}

TEST(CodecTest, AByteThatIsNeitherTrueNorFalseIsDamage) {
  EXPECT_FALSE(Decodes<bool>("a"));
  EXPECT_FALSE(Decodes<std::optional<char>>("ab"));
  EXPECT_FALSE(Decodes<std::vector<bool>>("\x02\x01\x02"));
  EXPECT_FALSE((Decodes<std::array<bool, 2>>("\x01\x02")));
  EXPECT_TRUE((Decodes<std::array<bool, 2>>("\x01\x01")));
}

TEST(BindTest, CaptureFreeFunctionsAreToldFromOthers) {
  int k = 3;
  const auto captures = [k](int x) { return x + k; };
  const auto free = [](int x) { return x + 1; };
  static_assert(!CaptureFree<decltype(captures)>);
  static_assert(CaptureFree<decltype(free)>);
  EXPECT_EQ(captures(1), 4);
  EXPECT_EQ(std::get<0>(Bind(k).values), 3);
}

TEST(KeyTableTest, FindsWhatItHoldsAndKeepsTheOrderOfArrival) {
  rdd::KeyTable<int64_t> table;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5000; ++i) {
      auto [value, added] = table.FindOrAdd("key" + std::to_string(i));
      EXPECT_EQ(added, round == 0);
      *value += i;
    }
  }
  int i = 0;
  EXPECT_TRUE(table
                  .ForEach([&i](std::string_view key, int64_t value) {
                    EXPECT_EQ(key, "key" + std::to_string(i));
                    EXPECT_EQ(value, 2 * i++);
                    return Status::Ok();
                  })
                  .ok());
  EXPECT_EQ(table.size(), 5000u);
}

}  // namespace
}  // namespace tusk
