// tusk job run lr-mapreduce IN OUT ITERATIONS
#include "mapreduce_way.h"

int main(int argc, char** argv) {
  auto program = tusk::Program::Open(argc, argv);
  const auto run = logistic_regression::ParseRun("lr-mapreduce", program.args());
  if (!run.ok()) return program.Finish(run.status());
  return program.Finish(logistic_regression::RunByMapReduce(program, *run));
}
