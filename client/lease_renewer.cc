#include "client/lease_renewer.h"

#include <utility>

#include "common/base/log.h"
#include "common/concurrent/thread_pool.h"

namespace tusk::client {

LeaseRenewer::LeaseRenewer(ClientProtocol* namenode, std::string client_name, Duration interval)
    : namenode_(namenode), client_name_(std::move(client_name)), interval_(interval) {}

LeaseRenewer::~LeaseRenewer() {
  std::thread thread;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    wake_.NotifyAll();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void LeaseRenewer::FileOpened() {
  std::thread finished;
  {
    MutexLock lock(mu_);
    ++open_files_;
    if (running_ || stopped_) return;
    finished = std::move(thread_);  // the former one has left its loop
    running_ = true;
    thread_ = std::thread([this] { Run(); });
  }
  if (finished.joinable()) finished.join();
}

void LeaseRenewer::FileClosed() {
  MutexLock lock(mu_);
  if (--open_files_ == 0) wake_.NotifyAll();
}

void LeaseRenewer::Run() {
  SetThreadName("lease-renewer");
  for (;;) {
    {
      const TimePoint due = Clock::Real()->Now() + interval_;
      MutexLock lock(mu_);
      while (open_files_ > 0 && !stopped_) {
        const Duration left = due - Clock::Real()->Now();
        if (left <= Duration(0)) break;
        wake_.WaitFor(mu_, left);
      }
      if (open_files_ == 0 || stopped_) {
        running_ = false;
        return;
      }
    }
    const Status renewed = namenode_->RenewLease(client_name_);
    if (!renewed.ok()) LOG_WARN("lease not renewed client={} error={}", client_name_, renewed);
  }
}

}  // namespace tusk::client
