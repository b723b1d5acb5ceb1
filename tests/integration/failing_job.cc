// tusk job run failing_job HOW IN OUT: a program that fails where HOW says; for job_errors_test.sh.
//   map-segfault, map-throw, map-exit     in the mapper
//   map-eat                               in the mapper: more memory than its container has
//   main-segfault, main-throw, main-exit  in the driver, before any job
//   no-open                               a program that never becomes a driver
#include <tusk/mapreduce.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

void Fail(std::string_view how) {
  if (how == "segfault") {
    std::signal(SIGSEGV, SIG_DFL);  // meant: nothing that a sanitizer should report
    std::raise(SIGSEGV);
  }
  if (how == "throw") throw std::runtime_error("this record is not a number");
  if (how == "exit") ::_exit(7);
  if (how == "eat") {
    std::vector<std::string> eaten;
    for (int mb = 0; mb < 1024; ++mb) eaten.emplace_back(1 << 20, 'x');
    ::sleep(60);
  }
}

class FailingMapper final
    : public tusk::Mapper<int64_t, std::string_view, std::string_view, int64_t> {
 public:
  void Setup(Context& context) override { how_ = context.Option("failing.how").value_or(""); }
  void Map(int64_t, std::string_view line, Context& context) override {
    if (line == "bad") Fail(how_);
    context.Emit(line, 1);
  }

 private:
  std::string how_;
};

struct FailingJob {
  using Input = tusk::TextInput;
  using Mapper = FailingMapper;
  using Output = tusk::TextOutput;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "";
  if (how == "no-open") return 0;
  auto program = tusk::Program::Open(argc, argv);
  if (how.starts_with("main-")) Fail(how.substr(5));
  auto job = program.NewJob<FailingJob>("failing");
  if (how.starts_with("map-")) job.Set("failing.how", how.substr(4));
  job.AddInput(program.args().at(1));
  job.SetOutput(program.args().at(2));
  return program.Finish(job.Run());
}
