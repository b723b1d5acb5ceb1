#include "common/testing/temp_dir.h"

#include <stdlib.h>

#include <filesystem>

#include "common/base/check.h"

namespace tusk {

TempDir::TempDir() {
  const char* base = ::getenv("TMPDIR");
  path_ = std::string(base != nullptr ? base : "/tmp") + "/tusk-test-XXXXXX";
  CHECK(::mkdtemp(path_.data()) != nullptr) << path_;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tusk
