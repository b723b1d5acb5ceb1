#include "mapreduce/formats/output_file.h"

namespace tusk::mapreduce {

Status OutputFile::Open(TaskContext& task, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string directory, task.OutputDirectory());
  // The directory is there, unless the job was given up: then it must not come back.
  ASSIGN_OR_RETURN(file_,
                   task.file_system().Create(directory + "/" + name, {.create_parent = false}));
  return Status::Ok();
}

Status OutputFile::Flush() {
  RETURN_IF_ERROR(file_->Write(buffer_));
  bytes_ += static_cast<int64_t>(buffer_.size());
  buffer_.clear();
  return Status::Ok();
}

Status OutputFile::Close() {
  RETURN_IF_ERROR(Flush());
  return file_->Close();
}

}  // namespace tusk::mapreduce
