// Names operators on the wire by (module, offset) and finds them again in another process of the
// same program.
//
// A module is the executable or a shared library that registered operators; its id is a hash of its
// file's content. Driver and runner exchange their module tables at hello: a runner of another
// build is refused before any task.
//
// Threads: thread-safe. Registration happens in static initialisers, before main.
// Fails:   an unknown name is kFailedPrecondition: "unknown operator Map at 0x12e0 in module ...".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/operator.h"

namespace tusk::mapreduce {

struct CodeModule {
  std::string hash;  // 32 hexadecimal digits (XXH3, 128 bit) of the file's content
  std::string path;  // as this process loaded it: for messages only
  bool operator==(const CodeModule&) const = default;
};

// An operator's name on the wire.
struct CodeRef {
  std::string module;   // CodeModule::hash
  uint64_t offset = 0;  // of the descriptor, from the module's load address
  std::string kind;     // cross-check

  bool operator==(const CodeRef&) const = default;
};

// An operator as it travels.
struct RemoteOp {
  CodeRef code;
  std::string bound;

  bool operator==(const RemoteOp&) const = default;
};

// Of a file's content, as CodeModule::hash; also what uploads are named by.
TUSK_EXPORT StatusOr<std::string> ContentHash(const std::string& path);

// All modules of this process that registered an operator.
TUSK_EXPORT StatusOr<std::vector<CodeModule>> RegisteredModules();

TUSK_EXPORT StatusOr<RemoteOp> NameOf(const OpSpec& op);

// Finds the operator and decodes its bound values. Refuses a name that was not registered, one
// whose kind differs, and bytes that do not decode.
TUSK_EXPORT StatusOr<std::unique_ptr<Operator>> Rebuild(const RemoteOp& op);

// The descriptor behind a name: for messages and the check of record types along a chain.
TUSK_EXPORT StatusOr<const OpDescriptor*> FindOp(const CodeRef& code);

// A type's name for people.
TUSK_EXPORT std::string ReadableType(const std::type_info& type);

}  // namespace tusk::mapreduce
