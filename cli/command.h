// How a command of `tusk` is written and found.
//
// Each folder below cli/commands has one function that adds its commands:
//   void AddDfsCommands(CommandTable* table) {
//     table->Add({"dfs", "works on files", &RunDfs});
//     table->Add({"yarn application", "lists and ends applications", &RunApplication});
//   }
// and a line in cli/tusk_main.cc. A name of two words is a command of a group: `tusk yarn
// application`, and `yarn application` where the program is called through its link `yarn`.
// The links `hdfs` and `hadoop` find commands without a group (`hdfs dfs`), `mapred` those of the
// group mapred.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/config/configuration.h"

namespace tusk::cli {

// Exit codes, as Hadoop's.
inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitUsage = 255;  // Java's -1

// What a command is run with.
struct Invocation {
  // As the user typed it ("hdfs dfs", "tusk yarn application"): for usage texts.
  std::string program;
  // After the command's name; the generic options at their beginning are gone.
  std::vector<std::string> args;
  // The configuration folder's files, and the generic options.
  Configuration conf;
  // The folder itself; "" for none.
  std::string conf_dir;
};

struct Command {
  std::string_view name;     // "dfs", "yarn application"
  std::string_view summary;  // a few words for `tusk help`
  int (*run)(Invocation& invocation);
  // Whether leading -D, -fs, -conf (and their values) are taken out of the arguments. A command
  // that says no may call TakeGenericOptions itself.
  bool generic_options = true;
};

class CommandTable {
 public:
  void Add(const Command& command) { commands_.push_back(command); }
  const std::vector<Command>& commands() const { return commands_; }
  const Command* Find(std::string_view name) const;

 private:
  std::vector<Command> commands_;
};

// Takes -D key=value (also -Dkey=value), -fs URI, -jt NAME and -conf FILE from the beginning of
// `args` into `conf`, as Hadoop's GenericOptionsParser; stops at anything else.
Status TakeGenericOptions(std::vector<std::string>* args, Configuration* conf);

// What Hadoop's tools print of these options below their own usage; begins with an empty line.
const char* GenericOptionsText();

// The folder of the running program, where the daemons stand too.
std::string ProgramDir();

}  // namespace tusk::cli
