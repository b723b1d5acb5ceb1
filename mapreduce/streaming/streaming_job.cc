#include "mapreduce/streaming/streaming_job.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "mapreduce/formats/file_input.h"
#include "mapreduce/streaming/line_protocol.h"
#include "mapreduce/streaming/streaming_phases.h"

namespace tusk::mapreduce {
namespace {

constexpr std::array<std::string_view, 9> kNotYet = {"-inputreader", "-io",           "-lazyOutput",
                                                     "-mapdebug",    "-reducedebug",  "-background",
                                                     "-cacheFile",   "-cacheArchive", "-archives"};

Status Unsupported(const std::string& what) {
  return UnimplementedError(what + " is not supported yet by tusk mapred streaming");
}

void AddCommaSeparated(std::string_view list, std::vector<std::string>* out) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (comma != 0) out->emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool EndsWith(std::string_view text, std::string_view tail) {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

Status TakeFlag(const std::string& flag, const std::string& value, StreamingArguments* out) {
  JobOptions& options = out->options;
  if (flag == "-input") {
    AddCommaSeparated(value, &out->inputs);
  } else if (flag == "-output") {
    out->output = value;
  } else if (flag == "-mapper") {
    options.Set(stream_option::kMapper, value);
  } else if (flag == "-reducer") {
    options.Set(stream_option::kReducer, value);
    if (value == "NONE") options.Set(stream_option::kReduces, "0");
  } else if (flag == "-combiner") {
    options.Set(stream_option::kCombiner, value);
  } else if (flag == "-numReduceTasks") {
    options.Set(stream_option::kReduces, value);
  } else if (flag == "-file" || flag == "-files") {
    AddCommaSeparated(value, &out->files);
  } else if (flag == "-cmdenv") {
    const std::string before = options.Get(stream_option::kEnvironment).value_or("");
    options.Set(stream_option::kEnvironment, before.empty() ? value : before + " " + value);
  } else if (flag == "-D" || flag == "-jobconf") {
    const size_t equals = value.find('=');
    if (equals == std::string::npos) {
      return InvalidArgumentError(flag + " takes key=value, not " + value);
    }
    options.Set(value.substr(0, equals), value.substr(equals + 1));
  } else if (flag == "-partitioner") {
    if (!EndsWith(value, "HashPartitioner")) return Unsupported("-partitioner " + value);
    options.Set(stream_option::kPartitioner, value);
  } else if (flag == "-inputformat") {
    if (!EndsWith(value, "TextInputFormat") || EndsWith(value, "KeyValueTextInputFormat")) {
      return Unsupported("-inputformat " + value);
    }
  } else if (flag == "-outputformat") {
    if (!EndsWith(value, "TextOutputFormat")) return Unsupported("-outputformat " + value);
  } else if (std::find(kNotYet.begin(), kNotYet.end(), flag) != kNotYet.end()) {
    return Unsupported(flag);
  } else {
    return InvalidArgumentError("Unrecognized option: " + flag);
  }
  return Status::Ok();
}

}  // namespace

StatusOr<StreamingArguments> ParseStreamingArguments(const std::vector<std::string>& args) {
  StreamingArguments parsed;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& flag = args[i];
    if (flag == "-verbose") return Unsupported(flag);
    if (flag == "-lazyOutput" || flag == "-background") return Unsupported(flag);
    if (flag.rfind("-D", 0) == 0 && flag.size() > 2) {
      RETURN_IF_ERROR(TakeFlag("-D", flag.substr(2), &parsed));
      continue;
    }
    if (flag.empty() || flag[0] != '-') {
      return InvalidArgumentError("Found 1 unexpected arguments on the command line [" + flag +
                                  "]");
    }
    if (i + 1 == args.size()) return InvalidArgumentError("Missing argument for option: " + flag);
    RETURN_IF_ERROR(TakeFlag(flag, args[++i], &parsed));
  }
  if (parsed.inputs.empty()) return InvalidArgumentError("Required argument: -input <name>");
  if (parsed.output.empty()) return InvalidArgumentError("Required argument: -output");
  for (const char* key :
       {stream_option::kMapper, stream_option::kReducer, stream_option::kCombiner}) {
    const auto command = parsed.options.Get(key);
    if (!command.has_value() || *command == "NONE") continue;
    RETURN_IF_ERROR([&]() -> Status {
      const auto words = SplitCommand(*command);
      return words.ok() ? Status::Ok() : words.status();
    }());
  }
  return parsed;
}

StatusOr<JobResult> RunStreamingJob(Program* program, const StreamingArguments& arguments) {
  Job::Parts parts;
  parts.splitter = [](FileSystem& fs, const JobOptions& options,
                      const std::vector<std::string>& paths) {
    return SplitFiles(fs, options, paths);
  };
  parts.map = StreamingMapPhase();
  parts.shuffle = StreamingShuffleSink();
  parts.reduce = StreamingReducePhase();
  parts.output = StreamingOutputSink();
  const auto reduces = arguments.options.Get(stream_option::kReduces);
  if (reduces == "0") {
    parts.shuffle = nullptr;
    parts.reduce = nullptr;
  }
  const std::string name = arguments.options.Get("mapreduce.job.name").value_or("streamjob");
  Job job = program->NewJobOf(name, parts);
  for (const std::string& input : arguments.inputs) job.AddInput(input);
  job.SetOutput(arguments.output);
  for (const auto& [key, value] : arguments.options.values()) job.Set(key, value);
  return job.Run();
}

}  // namespace tusk::mapreduce
