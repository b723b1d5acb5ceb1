#include "cli/command.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace tusk::cli {

const Command* CommandTable::Find(std::string_view name) const {
  const auto it = std::find_if(commands_.begin(), commands_.end(),
                               [&](const Command& command) { return command.name == name; });
  return it == commands_.end() ? nullptr : &*it;
}

Status TakeGenericOptions(std::vector<std::string>* args, Configuration* conf) {
  size_t taken = 0;
  while (taken < args->size()) {
    const std::string& option = (*args)[taken];
    if (option.starts_with("-D") && option.size() > 2) {
      RETURN_IF_ERROR(conf->AddOverride(std::string_view(option).substr(2)));
      ++taken;
      continue;
    }
    const bool known = option == "-D" || option == "-fs" || option == "-jt" || option == "-conf";
    if (!known) break;
    if (taken + 1 == args->size())
      return InvalidArgumentError("Missing argument for option: " + option.substr(1));
    const std::string& value = (*args)[taken + 1];
    if (option == "-D") {
      RETURN_IF_ERROR(conf->AddOverride(value));
    } else if (option == "-fs") {
      conf->Set("fs.defaultFS", value, "-fs");
    } else if (option == "-jt") {
      conf->Set("yarn.resourcemanager.address", value, "-jt");
    } else {
      RETURN_IF_ERROR(conf->AddFile(value));
    }
    taken += 2;
  }
  args->erase(args->begin(), args->begin() + static_cast<ptrdiff_t>(taken));
  return Status::Ok();
}

std::string ProgramDir() {
  std::array<char, 4096> path;
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return ".";
  const std::string_view program(path.data(), static_cast<size_t>(size));
  return std::string(program.substr(0, program.rfind('/')));
}

}  // namespace tusk::cli
