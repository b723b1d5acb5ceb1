#include "mapreduce/engine/plan/operator.h"

#include "mapreduce/engine/plan/task_context.h"

namespace tusk::mapreduce {

Operator::~Operator() = default;

Status Operator::Run(TaskContext& task, Inputs& inputs) {
  RETURN_IF_ERROR(inputs.Produce(0, this));
  return Finish(task);
}

Status Operator::Finish(TaskContext& /*task*/) {
  return Status::Ok();
}

}  // namespace tusk::mapreduce
