#include "cli/command.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace tusk::cli {
namespace {

constexpr const char* kGenericOptions =
    "\nGeneric options supported are:\n"
    "-conf <configuration file>        specify an application configuration file\n"
    "-D <property=value>               define a value for a given property\n"
    "-fs <file:///|hdfs://namenode:port> specify default filesystem URL to use, overrides "
    "'fs.defaultFS' property from configurations.\n"
    "-jt <local|resourcemanager:port>  specify a ResourceManager\n"
    "-files <file1,...>                specify a comma-separated list of files to be copied to the "
    "map reduce cluster\n"
    "-libjars <jar1,...>               specify a comma-separated list of jar files to be included "
    "in the classpath\n"
    "-archives <archive1,...>          specify a comma-separated list of archives to be unarchived "
    "on the compute machines\n"
    "\nThe general command line syntax is:\n"
    "command [genericOptions] [commandOptions]\n\n";

}  // namespace

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

const char* GenericOptionsText() {
  return kGenericOptions;
}

std::string ProgramDir() {
  std::array<char, 4096> path;
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return ".";
  const std::string_view program(path.data(), static_cast<size_t>(size));
  return std::string(program.substr(0, program.rfind('/')));
}

}  // namespace tusk::cli
