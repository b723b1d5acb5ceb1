// How a program becomes driver or runner: the one entry behind Program::Open and Session::Open.
#pragma once

#include <memory>

#include "common/base/macros.h"
#include "mapreduce/engine/plan/engine.h"

namespace tusk::mapreduce {

// In a driver's container: its engine. In a runner's: never returns. Elsewhere the process is told,
// in one line, to use `tusk job run`, and ends with 2. The marker is taken out of the environment,
// so that children of the program are neither. (Defined by mapreduce/server.)
TUSK_EXPORT std::shared_ptr<Engine> OpenEngine(int argc, char** argv);

}  // namespace tusk::mapreduce
