// What a program carries in its file, so that `tusk job run` sees before it submits it whether the
// program is one of Tusk's and was built against headers that this libtusk understands.
#pragma once

namespace tusk::mapreduce {

// Raise the number with every change after which a program built before has to be built again: of
// an inline function or a type in a header below include/tusk, or of a call between them and
// libtusk.
[[gnu::used]] inline constexpr char kProgramStamp[] = "tusk-program-interface:1;";

}  // namespace tusk::mapreduce
