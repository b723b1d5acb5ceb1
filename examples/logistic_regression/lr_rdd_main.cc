// tusk job run lr-rdd IN OUT ITERATIONS
#include "rdd_way.h"

int main(int argc, char** argv) {
  auto session = tusk::Session::Open(argc, argv);
  const auto run = logistic_regression::ParseRun("lr-rdd", session.args());
  if (!run.ok()) return session.Finish(run.status());
  return session.Finish(logistic_regression::RunByRdd(session, *run));
}
