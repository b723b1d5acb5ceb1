// Where libtusk enters this module: the part of a program that only drivers and runners need, with
// gRPC in it.
#pragma once

extern "C" {

// In a runner: serves its driver, then ends the process. In a driver: a new
// std::shared_ptr<tusk::mapreduce::Engine>, as void*. Where it cannot, one line on stderr and the
// end of the process.
[[gnu::visibility("default")]] void* tusk_program_begin(int argc, char** argv, const char* role);
}
