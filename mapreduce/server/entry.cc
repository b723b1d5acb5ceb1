#include "mapreduce/server/entry.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "common/base/exit.h"
#include "common/base/log.h"
#include "mapreduce/client/container_launch.h"
#include "mapreduce/server/driver_process.h"
#include "mapreduce/server/runner_process.h"

namespace tusk::mapreduce {
namespace {

[[noreturn]] void Die(const char* role, const Status& why) {
  std::fprintf(stderr, "%s: %s\n", role, why.message().c_str());
  std::fflush(nullptr);
  FlushLogs();
  ExitAtOnce(1);
}

void StartLog(const char* role, const ContainerEnvironment& environment) {
  LogOptions options;
  options.program = role;
  if (!environment.log_directory.empty()) {
    options.file = environment.log_directory + "/syslog";
    options.to_stderr = false;  // the user's own
  }
  if (const Status status = InitLogging(options); !status.ok()) Die(role, status);
}

DriverProcess* driver = nullptr;

void FinishAtExit(int exit_code, void*) {
  driver->Finish(exit_code);
  std::cout.flush();
  std::fflush(nullptr);
  ExitAtOnce(exit_code);  // the engine's threads do not survive the destruction of statics
}

std::shared_ptr<Engine>* BeginDriver(ContainerEnvironment environment, int argc, char** argv) {
  driver = new DriverProcess(std::move(environment), argc, argv);
  if (const Status status = driver->Start(); !status.ok()) {
    LOG_ERROR("the driver cannot start: {}", status);
    driver->Abandon(status);
    Die(kDriverRole, status);
  }
  ::on_exit(&FinishAtExit, nullptr);
  return new std::shared_ptr<Engine>(driver->engine());
}

}  // namespace
}  // namespace tusk::mapreduce

void* tusk_program_begin(int argc, char** argv, const char* role) {
  using namespace tusk::mapreduce;  // NOLINT: a C function in front of it
  std::signal(SIGPIPE, SIG_IGN);
  auto environment = ContainerEnvironment::Read();
  if (!environment.ok()) Die(role, environment.status());
  StartLog(role, *environment);
  if (std::string_view(role) == kRunnerRole) RunRunner(std::move(environment).value());
  return BeginDriver(std::move(environment).value(), argc, argv);
}
