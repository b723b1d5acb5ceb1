// The one table between our reasons and the Java class names stock clients act on.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk {

// The class name that travels for `error` (not ok): java.io.IOException when nothing fits better.
std::string_view ExceptionClassOf(const Status& error);

// A remote exception as a Status. The message is the text without the Java stack trace that stock
// servers append. An unknown class becomes kUnknown: tools print the text alone, as Hadoop's do.
Status StatusFromException(std::string_view exception_class, std::string_view message);

// The reason an exception class stands for; kNone when it is not in the table.
Reason ReasonOfException(std::string_view exception_class);

}  // namespace tusk
