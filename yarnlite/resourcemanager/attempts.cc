#include "yarnlite/resourcemanager/attempts.h"

#include "common/base/check.h"

namespace tusk::yarnlite {

StatusOr<std::optional<AllocateAnswer>> AllocateSession::Begin(const ApplicationAttemptId& attempt,
                                                               int32_t response_id) const {
  if (response_id == last_id_) return std::optional<AllocateAnswer>();
  if (last_ && response_id + 1 == last_id_) return std::optional<AllocateAnswer>(*last_);
  return InvalidArgumentError(
      "Invalid responseId in AllocateRequest from application attempt: " + attempt.ToString() +
          ", expect responseId to be " + std::to_string(last_id_) + ", but get " +
          std::to_string(response_id),
      Reason::kInvalidApplicationMasterRequest);
}

AllocateAnswer AllocateSession::Answer(const Resource& headroom, int cluster_nodes) {
  AllocateAnswer answer;
  answer.response_id = ++last_id_;
  answer.news = std::exchange(news_, {});
  answer.headroom = headroom;
  answer.cluster_nodes = cluster_nodes;
  last_ = answer;
  return answer;
}

AllocateAnswer AllocateSession::EmptyAnswer() const {
  AllocateAnswer answer;
  answer.response_id = last_id_;
  return answer;
}

void AllocateSession::Hold(AllocateDone done, TimePoint until) {
  CHECK(held_ == nullptr);
  held_ = std::move(done);
  held_until_ = until;
}

}  // namespace tusk::yarnlite
