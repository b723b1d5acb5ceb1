#include "mapreduce/engine/plan/code_registry.h"

#include <cxxabi.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/concurrent/mutex.h"

namespace tusk::mapreduce {
namespace {

struct LoadedModule {
  uintptr_t base = 0;
  std::string path;
  std::string hash;
};

// The descriptors of this process and, once somebody asks, the modules they lie in.
class Registry {
 public:
  static Registry& Get() {
    static auto* registry = new Registry;  // never destroyed: static destructors may still ask
    return *registry;
  }

  void Add(const OpDescriptor* op) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    ops_.insert(op);
  }

  StatusOr<CodeRef> Name(const OpDescriptor* op) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    if (!ops_.contains(op)) {
      return FailedPreconditionError(std::string("operator ") + op->kind + " was not registered");
    }
    ASSIGN_OR_RETURN(const LoadedModule* module, ModuleOfLocked(op));
    return CodeRef{module->hash, reinterpret_cast<uintptr_t>(op) - module->base, op->kind};
  }

  StatusOr<const OpDescriptor*> Find(const CodeRef& code) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    RETURN_IF_ERROR(LoadAllLocked());
    char offset[32];
    snprintf(offset, sizeof(offset), "0x%llx", static_cast<unsigned long long>(code.offset));
    const std::string name =
        "operator " + code.kind + " at " + offset + " in module " + code.module;
    for (const auto& [base, module] : modules_) {
      if (module.hash != code.module) continue;
      const auto it = ops_.find(reinterpret_cast<const OpDescriptor*>(base + code.offset));
      if (it == ops_.end()) break;
      if (code.kind != (*it)->kind) {
        return FailedPreconditionError("unknown " + name + ": " + (*it)->kind + " stands there");
      }
      return *it;
    }
    return FailedPreconditionError("unknown " + name +
                                   ": the runner was built from another program or version");
  }

  StatusOr<std::vector<CodeModule>> Modules() EXCLUDES(mu_) {
    MutexLock lock(mu_);
    RETURN_IF_ERROR(LoadAllLocked());
    std::vector<CodeModule> modules;
    for (const auto& [base, module] : modules_) modules.push_back({module.hash, module.path});
    return modules;
  }

 private:
  Status LoadAllLocked() REQUIRES(mu_) {
    for (const OpDescriptor* op : ops_) {
      if (named_.contains(op)) continue;
      auto module = ModuleOfLocked(op);
      if (!module.ok()) return module.status();
    }
    return Status::Ok();
  }

  StatusOr<const LoadedModule*> ModuleOfLocked(const OpDescriptor* op) REQUIRES(mu_) {
    if (const auto it = named_.find(op); it != named_.end()) return it->second;
    struct Search {
      uintptr_t address;
      bool found = false;
      LoadedModule module;
    } search{reinterpret_cast<uintptr_t>(op), false, {}};
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* arg) {
          auto* search = static_cast<Search*>(arg);
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            const auto& segment = info->dlpi_phdr[i];
            const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
            if (segment.p_type != PT_LOAD || search->address < begin ||
                search->address >= begin + segment.p_memsz) {
              continue;
            }
            search->found = true;
            search->module.base = info->dlpi_addr;
            search->module.path = info->dlpi_name;
            return 1;
          }
          return 0;
        },
        &search);
    if (!search.found) {
      return InternalError(std::string("operator ") + op->kind + " lies in no loaded module");
    }
    const auto [it, fresh] = modules_.try_emplace(search.module.base, search.module);
    if (fresh) {
      if (it->second.path.empty()) it->second.path = "/proc/self/exe";
      auto hash = ContentHash(it->second.path);
      if (!hash.ok()) {
        modules_.erase(it);
        return std::move(hash).status();
      }
      it->second.hash = *hash;
    }
    named_[op] = &it->second;
    return &it->second;
  }

  Mutex mu_;
  std::set<const OpDescriptor*> ops_ GUARDED_BY(mu_);
  std::map<uintptr_t, LoadedModule> modules_ GUARDED_BY(mu_);
  std::map<const OpDescriptor*, const LoadedModule*> named_ GUARDED_BY(mu_);
};

}  // namespace

bool RegisterOp(const OpDescriptor* op) {
  Registry::Get().Add(op);
  return true;
}

StatusOr<std::string> ContentHash(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NotFoundError("cannot open " + path + ": " + std::strerror(errno));
  struct stat info{};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return InvalidArgumentError(path + " is not a regular file");
  }
  const auto size = static_cast<size_t>(info.st_size);
  void* bytes = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (bytes == MAP_FAILED) return InternalError("cannot map " + path);
  const XXH128_hash_t hash = XXH3_128bits(bytes, size);
  if (bytes != nullptr) munmap(bytes, size);
  char text[33];
  snprintf(text, sizeof(text), "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
           static_cast<unsigned long long>(hash.low64));
  return std::string(text);
}

StatusOr<std::vector<CodeModule>> RegisteredModules() {
  return Registry::Get().Modules();
}

StatusOr<RemoteOp> NameOf(const OpSpec& op) {
  if (op.descriptor == nullptr) return InvalidArgumentError("an operator without a descriptor");
  ASSIGN_OR_RETURN(CodeRef code, Registry::Get().Name(op.descriptor));
  return RemoteOp{std::move(code), op.bound};
}

StatusOr<const OpDescriptor*> FindOp(const CodeRef& code) {
  return Registry::Get().Find(code);
}

StatusOr<std::unique_ptr<Operator>> Rebuild(const RemoteOp& op) {
  ASSIGN_OR_RETURN(const OpDescriptor* descriptor, FindOp(op.code));
  Reader bound(op.bound);
  std::unique_ptr<Operator> rebuilt = descriptor->rebuild(bound);
  if (!bound.ok() || rebuilt == nullptr) {
    return DataLossError(std::string("the values bound to operator ") + descriptor->kind +
                         " do not decode");
  }
  return rebuilt;
}

std::string ReadableType(const std::type_info& type) {
  int status = 0;
  char* name = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string text = status == 0 ? name : type.name();
  std::free(name);
  return text;
}

}  // namespace tusk::mapreduce
