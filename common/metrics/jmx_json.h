// The registry as Hadoop's /jmx shows it: {"beans":[{"name":...,"modelerType":...,...}]}.
//
//   /jmx                                             all beans
//   /jmx?qry=Hadoop:service=NameNode,name=FS*        those whose name matches (* and ? in it)
//   /jmx?get=Hadoop:service=NameNode,name=X::Attr    one attribute of one bean
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/metrics/registry.h"

namespace tusk {

// `qry` and `get` empty when not given. kNotFound for a `get` that names nothing, kInvalidArgument
// for one that is not BEAN::ATTRIBUTE.
StatusOr<std::string> JmxJson(const MetricsRegistry& registry, std::string_view qry,
                              std::string_view get);

// A JSON string literal with its quotes; invalid UTF-8 is replaced.
std::string JsonQuote(std::string_view text);

}  // namespace tusk
