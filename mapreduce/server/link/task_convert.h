// Plain types of the task protocol to and from their messages. Only task_codec.cc includes this.
#pragma once

#include "common/base/status.h"
#include "mapreduce/engine/plan/task_protocol.h"
#include "proto/tusk/task.pb.h"

namespace tusk::mapreduce {

void To(const TaskAttemptId& in, proto::TaskAttemptIdProto* out);
void To(const RunnerHello& in, proto::RunnerHelloProto* out);
void To(const TaskOutcome& in, proto::TaskOutcomeProto* out);
void To(const RunnerHeartbeat& in, proto::RunnerHeartbeatProto* out);
void To(const RunnerWelcome& in, proto::RunnerWelcomeProto* out);
void To(const StagePlan& in, proto::StagePlanProto* out);
void To(const TaskSpec& in, proto::TaskSpecProto* out);
void To(const DropNews& in, proto::DropNewsProto* out);

TaskAttemptId AttemptFrom(const proto::TaskAttemptIdProto& in);
RunnerHello HelloFrom(const proto::RunnerHelloProto& in);
StatusOr<TaskOutcome> OutcomeFrom(proto::TaskOutcomeProto& in);
RunnerHeartbeat HeartbeatFrom(const proto::RunnerHeartbeatProto& in);
RunnerWelcome WelcomeFrom(const proto::RunnerWelcomeProto& in);
StatusOr<StagePlan> StageFrom(const proto::StagePlanProto& in);
StatusOr<TaskSpec> SpecFrom(proto::TaskSpecProto& in);
DropNews DropFrom(const proto::DropNewsProto& in);

}  // namespace tusk::mapreduce
