// Hands out ranges of files in applications' local directories over HTTP (port 13562): map outputs.
//
//   GET /files/<application id>/<path below the application's directory>
// with the Range, X-Tusk-Signature and X-Tusk-Time headers of common/security/request_signature.h,
// signed with the application's secret. It knows no format. A path is confined: no "..", no
// symbolic link on the way, regular files only.
//
// Threads: thread-safe; requests run on the HTTP server's pool.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/http/http_server.h"
#include "common/metrics/registry.h"
#include "yarnlite/api/ids.h"

namespace tusk::yarnlite {

class LocalFileService {
 public:
  explicit LocalFileService(const Clock* clock) : clock_(clock) {}

  void AddTo(HttpServer* server);

  // From now on requests for the application are served to who knows `secret`. `directories`: its
  // own, one per local directory.
  void Register(const ApplicationId& application, const std::string& secret,
                const std::vector<std::string>& directories) EXCLUDES(mu_);
  void Unregister(const ApplicationId& application) EXCLUDES(mu_);

  int64_t served_bytes() const { return served_bytes_.value(); }

 private:
  struct Application {
    std::string secret;
    std::vector<std::string> directories;
  };

  HttpResponse Serve(const HttpRequest& request) EXCLUDES(mu_);

  const Clock* const clock_;
  Counter served_bytes_;
  Mutex mu_;
  std::map<ApplicationId, Application> applications_ GUARDED_BY(mu_);
};

// A regular file below `directory`, reached without a symbolic link; a descriptor to be closed.
// kNotFound, or kPermissionDenied for a path that leaves it.
StatusOr<int> OpenConfined(const std::string& directory, const std::string& path);

}  // namespace tusk::yarnlite
