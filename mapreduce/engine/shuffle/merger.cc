#include "mapreduce/engine/shuffle/merger.h"

#include <utility>

namespace tusk::mapreduce {
namespace {

class MergedSource final : public RecordSource {
 public:
  MergedSource(std::vector<std::unique_ptr<RecordSource>> sources, KeyComparison comparison)
      : comparison_(comparison), heads_(sources.size()) {
    for (size_t i = 0; i < sources.size(); ++i) heads_[i].source = std::move(sources[i]);
  }

  bool Next() override {
    if (!status_.ok()) return false;
    if (!started_) {
      started_ = true;
      for (Head& head : heads_) Advance(&head);
      losers_.assign(heads_.size(), 0);
      if (!heads_.empty()) winner_ = Build(1);
    } else {
      Advance(&heads_[winner_]);
      Replay();
    }
    return status_.ok() && !heads_.empty() && !heads_[winner_].at_end;
  }
  const Record& record() const override { return heads_[winner_].source->record(); }
  Status status() const override { return status_; }

 private:
  struct Head {
    std::unique_ptr<RecordSource> source;
    uint64_t prefix = 0;
    bool at_end = false;
  };

  void Advance(Head* head) {
    head->at_end = !head->source->Next();
    if (head->at_end) {
      if (const Status s = head->source->status(); !s.ok()) status_ = s;
      return;
    }
    head->prefix = comparison_.Prefix(head->source->record().key);
  }

  // True when head `a` goes out before head `b`.
  bool Before(size_t a, size_t b) const {
    const Head& x = heads_[a];
    const Head& y = heads_[b];
    if (x.at_end || y.at_end) return x.at_end == y.at_end ? a < b : y.at_end;
    if (x.prefix != y.prefix) return x.prefix < y.prefix;
    const int order = comparison_.Compare(x.source->record().key, y.source->record().key);
    return order != 0 ? order < 0 : a < b;
  }

  // Node n of a complete binary tree with the heads as leaves size..2*size-1; returns its winner.
  size_t Build(size_t node) {
    const size_t size = heads_.size();
    if (node >= size) return node - size;
    const size_t left = Build(2 * node);
    const size_t right = Build(2 * node + 1);
    const bool left_wins = Before(left, right);
    losers_[node] = left_wins ? right : left;
    return left_wins ? left : right;
  }

  void Replay() {
    size_t candidate = winner_;
    for (size_t node = (winner_ + heads_.size()) / 2; node >= 1; node /= 2) {
      if (Before(losers_[node], candidate)) std::swap(losers_[node], candidate);
    }
    winner_ = candidate;
  }

  const KeyComparison comparison_;
  std::vector<Head> heads_;
  std::vector<size_t> losers_;  // index 0 is unused
  size_t winner_ = 0;
  bool started_ = false;
  Status status_;
};

class ConcatenatedSource final : public RecordSource {
 public:
  explicit ConcatenatedSource(std::vector<std::unique_ptr<RecordSource>> sources)
      : sources_(std::move(sources)) {}

  bool Next() override {
    for (; at_ < sources_.size(); sources_[at_++].reset()) {
      if (sources_[at_]->Next()) return true;
      status_ = sources_[at_]->status();
      if (!status_.ok()) return false;
    }
    return false;
  }
  const Record& record() const override { return sources_[at_]->record(); }
  Status status() const override { return status_; }

 private:
  std::vector<std::unique_ptr<RecordSource>> sources_;
  size_t at_ = 0;
  Status status_;
};

}  // namespace

std::unique_ptr<RecordSource> MergeSources(std::vector<std::unique_ptr<RecordSource>> sources,
                                           KeyComparison comparison) {
  if (sources.size() == 1) return std::move(sources.front());
  return std::make_unique<MergedSource>(std::move(sources), comparison);
}

std::unique_ptr<RecordSource> ConcatenateSources(
    std::vector<std::unique_ptr<RecordSource>> sources) {
  return std::make_unique<ConcatenatedSource>(std::move(sources));
}

GroupedRecords::GroupedRecords(std::unique_ptr<RecordSource> source, KeyComparison comparison)
    : source_(std::move(source)), comparison_(comparison) {}

bool GroupedRecords::NextGroup() {
  while (in_group_ && NextValue()) {
  }
  if (!started_) {
    started_ = true;
    ended_ = !source_->Next();
  }
  if (ended_) return false;
  key_.assign(source_->record().key);
  at_first_ = true;
  in_group_ = true;
  return true;
}

bool GroupedRecords::NextValue() {
  if (!in_group_) return false;
  if (at_first_) {
    at_first_ = false;
    return true;
  }
  ended_ = !source_->Next();
  in_group_ = !ended_ && comparison_.Compare(source_->record().key, key_) == 0;
  return in_group_;
}

}  // namespace tusk::mapreduce
