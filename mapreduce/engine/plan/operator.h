// One step of a task: a source, a transformation or a sink, rebuilt in the runner from its
// descriptor's place in the binary and the bytes bound to it.
//
// A task is a tree of operators that follows the stage's lineage (lineage.h). The runner builds the
// stage's sink and calls its Run; each operator pulls its inputs through Inputs, records are pushed
// down to `next`. How records look is between neighbours (rdd's Stage<T>::Push of spans, MapReduce
// operators hold a whole phase); the engine never sees one.
//
// Threads: an operator belongs to one task attempt and its thread.
// Fails:   with a Status. User functions may throw; the runner catches that at the task's border
//          and fails the attempt with what() as message. Add operator, place and record before it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/serializer.h"

namespace tusk::mapreduce {

class Inputs;
class TaskContext;

class TUSK_EXPORT Operator {
 public:
  virtual ~Operator();

  // Who takes what this operator produces; null for a sink. Constant from before Run on.
  void set_next(Operator* next) { next_ = next; }
  Operator* next() const { return next_; }

  // Produces this operator's partition: pulls the inputs, pushes all records to next(). The default
  // is a step in a chain: input 0 is produced into this operator, then Finish.
  // Long loops ask task.Check() once per batch and return its error.
  virtual Status Run(TaskContext& task, Inputs& inputs);

  // The default Run's end of input: push what is still buffered. next() ends in its own Run.
  virtual Status Finish(TaskContext& task);

 private:
  Operator* next_ = nullptr;
};

// What a runner needs to rebuild one operator. Its address, as an offset in its module, is its
// identity on the wire: never the type's name (rdd-closures: names clash silently).
struct OpDescriptor {
  const char* kind;            // "Map": for messages, and a cross-check after the look-up
  const std::type_info* type;  // for messages: not unique
  const std::type_info* in;   // the record type it takes; &typeid(void): none, or checked by itself
  const std::type_info* out;  // the record type it pushes; &typeid(void): a sink
  std::unique_ptr<Operator> (*rebuild)(Reader& bound);  // leaves `bound` !ok() on bad bytes
};

// Called by static initialisers only. A runner accepts no descriptor that was not registered.
TUSK_EXPORT bool RegisterOp(const OpDescriptor* op);

// Op has kKind, In, Out and static Decode(Reader&). Hidden: each module keeps its own entries.
template <class Op>
struct [[gnu::visibility("hidden")]] OpEntry {
  static std::unique_ptr<Operator> Rebuild(Reader& bound) { return Op::Decode(bound); }
  static constexpr OpDescriptor descriptor{Op::kKind, &typeid(Op), &typeid(typename Op::In),
                                           &typeid(typename Op::Out), &Rebuild};
  static inline const bool registered = RegisterOp(&descriptor);
};

template <class Op>
const OpDescriptor* DescriptorOf() {
  (void)&OpEntry<Op>::registered;  // odr-use: without it the registration is never instantiated
  return &OpEntry<Op>::descriptor;
}

// An operator as a program describes it in the driver.
struct OpSpec {
  const OpDescriptor* descriptor = nullptr;
  std::string bound;  // what Decode reads
};

}  // namespace tusk::mapreduce
