// The numbers of the process itself, from /proc.
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "common/metrics/registry.h"

namespace tusk {

namespace {

// The number behind `field` in /proc/self/status ("VmRSS:  1234 kB"); 0 when it is not there.
int64_t StatusField(const std::string& field) {
  std::ifstream in("/proc/self/status");
  std::string word;
  while (in >> word) {
    int64_t value = 0;
    if (word == field && (in >> value)) return value;
  }
  return 0;
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int64_t OpenDescriptors() {
  DIR* const dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  int64_t count = -3;  // ".", ".." and the folder's own
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

}  // namespace

MetricsBean AddProcessBean(MetricsRegistry* registry, const std::string& service) {
  MetricsBean bean = registry->AddBean(service, "JvmMetrics");
  // There is no heap apart from the process: what is resident stands under the name dashboards
  // read.
  bean.AddGauge("MemHeapUsedM", "Resident memory, MB",
                [] { return static_cast<double>(StatusField("VmRSS:")) / 1024; });
  bean.AddGauge("MemHeapMaxM", "Most resident memory so far, MB",
                [] { return static_cast<double>(StatusField("VmHWM:")) / 1024; });
  bean.AddGauge("ThreadsRunnable", "Threads", [] { return StatusField("Threads:"); });
  bean.AddCounter("CpuSeconds", "User and system CPU time", [] { return CpuSeconds(); });
  bean.AddGauge("OpenFileDescriptors", "Open file descriptors", [] { return OpenDescriptors(); });
  bean.AddGauge("ProcessId", "Process id", [] { return static_cast<int64_t>(::getpid()); });
  return bean;
}

}  // namespace tusk
