#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "common/concurrent/bounded_queue.h"
#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/concurrent/timer.h"
#include "common/testing/fake_clock.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;

TEST(ThreadPoolTest, StopFinishesWhatIsQueued) {
  std::atomic<int> ran = 0;
  {
    ThreadPool pool("test", 3);
    for (int i = 0; i < 1000; ++i) pool.Post([&ran] { ++ran; });
  }
  EXPECT_EQ(ran, 1000);
}

TEST(WorkGuardTest, NothingRunsAfterStop) {
  int ran = 0;
  WorkGuard guard;
  const auto work = guard.Wrap([&ran] { ++ran; });
  work();
  guard.Stop();
  work();
  EXPECT_EQ(ran, 1);
}

TEST(RealTimerTest, RunsOnceAndRepeatedlyUntilCancelled) {
  RealTimer timer;
  Notification once;
  std::atomic<int> ticks = 0;
  Notification three;
  const TimerHandle a = timer.After(1ms, [&once] { once.Notify(); });
  TimerHandle b = timer.Every(1ms, [&ticks, &three] {
    if (++ticks == 3) three.Notify();
  });
  EXPECT_TRUE(once.WaitFor(10s));
  EXPECT_TRUE(three.WaitFor(10s));
  b.Cancel();
  const int seen = ticks;
  Notification later;
  const TimerHandle c = timer.After(5ms, [&later] { later.Notify(); });
  EXPECT_TRUE(later.WaitFor(10s));
  EXPECT_EQ(ticks, seen);
}

TEST(FakeTimerTest, AdvanceRunsWhatIsDueInOrder) {
  FakeClock clock;
  FakeTimer timer(&clock);
  std::vector<int> order;
  const TimerHandle a = timer.After(20ms, [&order] { order.push_back(20); });
  const TimerHandle b = timer.Every(8ms, [&order] { order.push_back(8); });
  timer.Advance(25ms);
  EXPECT_EQ(order, (std::vector<int>{8, 8, 20, 8}));
}

TEST(BoundedQueueTest, AFullQueueMakesTheProducerWaitAndLosesNothing) {
  BoundedQueue<int> queue(2);
  std::thread producer([&queue] {
    for (int i = 0; i < 500; ++i) queue.Push(i);
    queue.Close();
  });
  int expected = 0;
  while (const auto item = queue.Pop()) {
    EXPECT_EQ(*item, expected++);
    EXPECT_LE(queue.size(), 2u);
  }
  producer.join();
  EXPECT_EQ(expected, 500);
  EXPECT_FALSE(queue.Push(1));
}

TEST(SharedMutexTest, WritersExcludeReaders) {
  SharedMutex mu;
  int64_t a = 0;
  int64_t b = 0;
  std::vector<std::thread> threads;
  std::atomic<bool> torn = false;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        ReaderLock lock(mu);
        if (a != b) torn = true;
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    WriterLock lock(mu);
    ++a;
    ++b;
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(torn);
}

}  // namespace
}  // namespace tusk
