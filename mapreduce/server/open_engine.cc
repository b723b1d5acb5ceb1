#include "mapreduce/engine/plan/open_engine.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "mapreduce/api/job.h"
#include "mapreduce/client/container_launch.h"
#include "mapreduce/rdd/session.h"

namespace tusk {
namespace mapreduce {
namespace {

using Begin = void* (*)(int argc, char** argv, const char* role);

// libtusk_runner.so stands beside the libtusk.so that this code is in.
Begin LoadRunnerModule() {
  Dl_info self{};
  std::string path = "libtusk_runner.so";
  if (::dladdr(reinterpret_cast<void*>(&OpenEngine), &self) != 0 && self.dli_fname != nullptr) {
    const std::string own = self.dli_fname;
    const size_t slash = own.rfind('/');
    if (slash != std::string::npos) path = own.substr(0, slash + 1) + path;
  }
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* begin = module == nullptr ? nullptr : ::dlsym(module, "tusk_program_begin");
  if (begin == nullptr) {
    std::fprintf(stderr, "tusk: cannot load the engine: %s\n", ::dlerror());
    std::exit(1);
  }
  return reinterpret_cast<Begin>(begin);
}

}  // namespace

std::shared_ptr<Engine> OpenEngine(int argc, char** argv) {
  const char* marker = std::getenv(kRoleVariable);
  if (marker == nullptr) {
    const char* program = argc > 0 ? argv[0] : "PROGRAM";
    std::fprintf(stderr, "%s: this is a Tusk program: start it with `tusk job run %s ...`\n",
                 program, program);
    std::exit(2);
  }
  const std::string role = marker;
  ::unsetenv(kRoleVariable);
  const std::unique_ptr<std::shared_ptr<Engine>> engine(
      static_cast<std::shared_ptr<Engine>*>(LoadRunnerModule()(argc, argv, role.c_str())));
  return *engine;
}

}  // namespace mapreduce

Program Program::Open(int argc, char** argv) {
  std::shared_ptr<mapreduce::Engine> engine = mapreduce::OpenEngine(argc, argv);
  return Program(std::move(engine), {argv + (argc > 0 ? 1 : 0), argv + argc});
}

Session Session::Open(int argc, char** argv) {
  return Session(mapreduce::OpenEngine(argc, argv), {argv + (argc > 0 ? 1 : 0), argv + argc});
}

}  // namespace tusk
