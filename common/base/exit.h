// The end of a process whose threads still run.
#pragma once

namespace tusk {

// _exit(code): no destructor runs, no handler of exit(). LeakSanitizer, which by itself looks only
// at exit(), looks before; what it finds ends the process with the sanitizer's exit code.
// ThreadSanitizer is not asked: at _exit it has nothing to report but threads that nobody has
// joined.
[[noreturn]] void ExitAtOnce(int code);

}  // namespace tusk
