// tusk job run wordcount IN... OUT
#include "word_count.h"

int main(int argc, char** argv) {
  auto program = tusk::Program::Open(argc, argv);
  const auto& args = program.args();
  if (args.size() < 2) {
    return program.Finish(tusk::InvalidArgumentError("Usage: wordcount <in> [<in>...] <out>"));
  }
  auto job = program.NewJob<word_count::WordCount>("word count");
  for (size_t i = 0; i + 1 < args.size(); ++i) job.AddInput(args[i]);
  job.SetOutput(args.back());
  return program.Finish(job.Run());
}
