// Whether a file is a program that this Tusk can run, asked before anything is uploaded.
//
// Fails: in one line that names the file, what is wrong and what to do.
#pragma once

#include <string>

#include "common/base/status.h"

namespace tusk::mapreduce {

// kNotFound, kInvalidArgument (a folder, not linked to libtusk), kPermissionDenied (not
// executable), kFailedPrecondition (built against another version), kUnimplemented (a shared
// object).
Status CheckProgram(const std::string& path);

}  // namespace tusk::mapreduce
