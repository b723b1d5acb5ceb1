// The built-in program `streaming`: driver and runner of Hadoop streaming jobs.
#include "mapreduce/streaming/streaming_job.h"

int main(int argc, char** argv) {
  auto program = tusk::Program::Open(argc, argv);
  const auto arguments = tusk::mapreduce::ParseStreamingArguments(program.args());
  if (!arguments.ok()) return program.Finish(arguments.status());
  return program.Finish(tusk::mapreduce::RunStreamingJob(&program, *arguments));
}
