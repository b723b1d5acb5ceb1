#include "common/io/frame_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/fault_env.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

class FrameFileTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(env_.MakeDirs("/edits")); }

  std::string FrameBytes(uint64_t number, uint64_t synced, const std::string& payload) {
    std::string bytes;
    AppendFrame({number, /*epoch=*/7, synced, payload}, &bytes);
    return bytes;
  }

  // Writes the frames 1..count, each with the one before known to be synced; notes where each ends.
  void WriteFrames(int count) {
    ASSERT_OK_AND_ASSIGN(auto writer, FrameWriter::Create(&env_, kPath));
    ends_.push_back(writer->size());
    for (int i = 1; i <= count; ++i) {
      const auto n = static_cast<uint64_t>(i);
      ASSERT_OK(writer->Append(FrameBytes(n, n - 1, "payload " + std::to_string(i))));
      ends_.push_back(writer->size());
    }
    ASSERT_OK(writer->Sync());
    ASSERT_OK(env_.SyncDir("/edits"));
  }

  // The numbers read, and how reading ended.
  std::vector<uint64_t> ReadAll(Status* end, uint64_t after = 0) {
    std::vector<uint64_t> numbers;
    auto reader = FrameReader::Open(&env_, kPath, after);
    if (!reader.ok()) {
      *end = reader.status();
      return numbers;
    }
    while (true) {
      Frame frame;
      const auto more = (*reader)->Next(&frame);
      *end = more.status();
      if (!more.ok() || !*more) break;
      EXPECT_EQ(frame.payload, "payload " + std::to_string(frame.number));
      EXPECT_EQ(frame.epoch, 7u);
      numbers.push_back(frame.number);
    }
    valid_size_ = (*reader)->valid_size();
    torn_bytes_ = (*reader)->torn_bytes();
    return numbers;
  }

  void Damage(int64_t offset) { ASSERT_OK(env_.Corrupt(kPath, offset)); }

  static constexpr const char* kPath = "/edits/f";
  FaultEnv env_;
  std::vector<int64_t> ends_;  // [i]: end of frame i; [0]: of the file's header
  int64_t valid_size_ = 0;
  int64_t torn_bytes_ = 0;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(FrameFileTest, ReadsBackWhatWasWritten) {
  WriteFrames(3);
  Status end;
  EXPECT_THAT(ReadAll(&end), ElementsAre(1, 2, 3));
  EXPECT_OK(end);
  EXPECT_EQ(valid_size_, ends_[3]);
  EXPECT_EQ(torn_bytes_, 0);
}

TEST_F(FrameFileTest, ATornLastFrameIsCutWhereverItWasTorn) {
  WriteFrames(2);
  ASSERT_OK_AND_ASSIGN(const std::string whole, env_.ReadFile(kPath));
  for (int64_t size = ends_[1] + 1; size < ends_[2]; ++size) {
    ASSERT_OK(env_.WriteFileAtomically(
        kPath, std::string_view(whole).substr(0, static_cast<size_t>(size))));
    Status end;
    EXPECT_THAT(ReadAll(&end), ElementsAre(1));
    EXPECT_OK(end);
    EXPECT_EQ(valid_size_, ends_[1]);
    EXPECT_EQ(torn_bytes_, size - ends_[1]);
  }
}

TEST_F(FrameFileTest, ZerosUpToTheEndAreNoTornTail) {
  WriteFrames(2);
  ASSERT_OK_AND_ASSIGN(const std::string whole, env_.ReadFile(kPath));
  for (const size_t zeros : {size_t{1}, kFrameHeaderSize, size_t{3} << 20}) {
    ASSERT_OK(env_.WriteFileAtomically(kPath, whole + std::string(zeros, '\0')));
    ASSERT_OK_AND_ASSIGN(auto reader, FrameReader::Open(&env_, kPath));
    Frame frame;
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(*reader->Next(&frame));
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(*reader->Next(&frame));  // and so it stays
    EXPECT_EQ(reader->valid_size(), ends_[2]);
    EXPECT_EQ(reader->torn_bytes(), 0);
    EXPECT_EQ(reader->blank_bytes(), static_cast<int64_t>(zeros));
  }
}

TEST_F(FrameFileTest, ZerosInTheMiddleAreATornTailOrAHole) {
  WriteFrames(3);
  ASSERT_OK_AND_ASSIGN(const std::string whole, env_.ReadFile(kPath));
  const auto blank = [&](size_t frame) {
    std::string bytes = whole + std::string(5000, '\0');
    const auto from = static_cast<size_t>(ends_[frame - 1]);
    const size_t length = static_cast<size_t>(ends_[frame]) - from;
    bytes.replace(from, length, length, '\0');
    return bytes;
  };
  Status end;
  ASSERT_OK(env_.WriteFileAtomically(kPath, blank(2)));  // frame 3 is there and knows 2 as synced
  EXPECT_THAT(ReadAll(&end), ElementsAre(1));
  EXPECT_THAT(end, HasCode(Code::kDataLoss));
  // Only a part of the last frame has come to the disk.
  std::string torn = whole + std::string(5000, '\0');
  torn.replace(static_cast<size_t>(ends_[2]), 10, 10, '\0');
  ASSERT_OK(env_.WriteFileAtomically(kPath, torn));
  EXPECT_THAT(ReadAll(&end), ElementsAre(1, 2));
  EXPECT_OK(end);
  EXPECT_EQ(torn_bytes_, static_cast<int64_t>(torn.size()) - ends_[2]);
}

TEST_F(FrameFileTest, ATornHeaderIsATornTailAndAnotherOneIsRefused) {
  WriteFrames(1);
  ASSERT_OK_AND_ASSIGN(const std::string whole, env_.ReadFile(kPath));
  for (size_t kept = 0; kept < kFrameFileHeaderSize; ++kept) {
    for (const size_t zeros : {size_t{0}, kFrameFileHeaderSize - kept, size_t{100}}) {
      ASSERT_OK(env_.WriteFileAtomically(kPath, whole.substr(0, kept) + std::string(zeros, '\0')));
      Status end;
      EXPECT_THAT(ReadAll(&end), IsEmpty());
      EXPECT_OK(end);
      EXPECT_EQ(valid_size_, 0);
    }
  }
  for (const char* other : {"TUSKFRM2", "TUSKfile", "x"}) {
    ASSERT_OK(env_.WriteFileAtomically(kPath, other));
    Status end;
    ReadAll(&end);
    EXPECT_THAT(end, HasCode(Code::kDataLoss)) << other;
  }
}

TEST_F(FrameFileTest, ADamagedFrameThatNobodyCallsSyncedIsATornTail) {
  WriteFrames(3);  // frame 3 says that 2 is synced, nobody says so of 3
  Damage(ends_[2] + 10);
  Status end;
  EXPECT_THAT(ReadAll(&end), ElementsAre(1, 2));
  EXPECT_OK(end);
}

TEST_F(FrameFileTest, ADamagedFrameThatALaterOneCallsSyncedIsAHole) {
  WriteFrames(3);
  Damage(ends_[1] + 40);
  Status end;
  EXPECT_THAT(ReadAll(&end), ElementsAre(1));
  EXPECT_THAT(end, HasCode(Code::kDataLoss));
  EXPECT_THAT(end, MessageContains("number 2 was synced"));
}

TEST_F(FrameFileTest, WhatWasSyncedInEarlierFilesMakesNoHole) {
  ASSERT_OK_AND_ASSIGN(auto writer, FrameWriter::Create(&env_, kPath));
  const int64_t first = writer->size();
  ASSERT_OK(
      writer->Append(FrameBytes(101, 100, "payload 101") + FrameBytes(102, 100, "payload 102")));
  Damage(first + 3);
  Status end;
  EXPECT_THAT(ReadAll(&end, /*after=*/100), IsEmpty());
  EXPECT_OK(end);
}

TEST_F(FrameFileTest, EveryFlippedBitIsNoticed) {
  WriteFrames(2);
  for (int64_t at = ends_[1]; at < ends_[2]; ++at) {
    Damage(at);
    Status end;
    EXPECT_THAT(ReadAll(&end), ElementsAre(1)) << "byte " << at;
    Damage(at);  // flips it back
  }
}

TEST_F(FrameFileTest, ReopenCutsTheTailAndGoesOn) {
  WriteFrames(2);
  Damage(ends_[1] + 5);
  Status end;
  ReadAll(&end);
  ASSERT_OK_AND_ASSIGN(auto writer, FrameWriter::Reopen(&env_, kPath, valid_size_));
  ASSERT_OK(writer->Append(FrameBytes(2, 1, "payload 2")));
  ASSERT_OK(writer->Sync());
  EXPECT_THAT(ReadAll(&end), ElementsAre(1, 2));
}

TEST_F(FrameFileTest, AnEmptyFileAndOneOfZerosAreTorn) {
  for (const std::string& content : {std::string(), std::string("TUS"), std::string(4096, '\0')}) {
    ASSERT_OK(env_.WriteFileAtomically(kPath, content));
    Status end;
    EXPECT_THAT(ReadAll(&end), IsEmpty());
    EXPECT_OK(end);
    ASSERT_OK_AND_ASSIGN(auto writer, FrameWriter::Reopen(&env_, kPath, valid_size_));
    ASSERT_OK(writer->Append(FrameBytes(1, 0, "payload 1")));
    EXPECT_THAT(ReadAll(&end), ElementsAre(1));
  }
}

TEST_F(FrameFileTest, AForeignFileIsRefused) {
  ASSERT_OK(env_.WriteFileAtomically(kPath, "something else altogether"));
  Status end;
  ReadAll(&end);
  EXPECT_THAT(end, HasCode(Code::kDataLoss));
}

TEST_F(FrameFileTest, NumbersThatGoBackAreRefused) {
  ASSERT_OK_AND_ASSIGN(auto writer, FrameWriter::Create(&env_, kPath));
  ASSERT_OK(writer->Append(FrameBytes(5, 0, "payload 5") + FrameBytes(5, 0, "payload 5")));
  Status end;
  EXPECT_THAT(ReadAll(&end), ElementsAre(5));
  EXPECT_THAT(end, HasCode(Code::kDataLoss));
}

TEST_F(FrameFileTest, AWriterThatFailedOnceRefusesAllFurtherWork) {
  ASSERT_OK_AND_ASSIGN(auto writer, FrameWriter::Create(&env_, kPath));
  env_.FailSyncs(true);
  EXPECT_THAT(writer->Sync(), HasCode(Code::kDataLoss));
  env_.FailSyncs(false);
  EXPECT_THAT(writer->Sync(), HasCode(Code::kDataLoss));
  EXPECT_THAT(writer->Append(FrameBytes(1, 0, "")), HasCode(Code::kDataLoss));
}

TEST_F(FrameFileTest, FramesLargerThanTheReadBufferArrive) {
  ASSERT_OK_AND_ASSIGN(auto writer, FrameWriter::Create(&env_, kPath));
  const std::string large(3 << 20, 'x');
  ASSERT_OK(writer->Append(FrameBytes(1, 0, large) + FrameBytes(2, 0, large)));
  ASSERT_OK_AND_ASSIGN(auto reader, FrameReader::Open(&env_, kPath));
  Frame frame;
  for (uint64_t n = 1; n <= 2; ++n) {
    ASSERT_TRUE(*reader->Next(&frame));
    EXPECT_EQ(frame.number, n);
    EXPECT_EQ(frame.payload, large);
  }
  EXPECT_FALSE(*reader->Next(&frame));
}

}  // namespace
}  // namespace tusk
