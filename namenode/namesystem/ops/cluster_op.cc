// The state of the cluster: space, DataNodes, safe mode.
#include "common/base/log.h"
#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {

FsStats Namesystem::GetFsStats() const {
  return blocks_->Stats();
}

StatusOr<std::vector<DatanodeInfo>> Namesystem::GetDatanodeReport(const Caller& caller,
                                                                  DatanodeReportType type) {
  RETURN_IF_ERROR(CheckSuperuser(caller, "datanodeReport"));
  return datanodes_->Report(type);
}

StatusOr<std::vector<DatanodeStorageReport>> Namesystem::GetDatanodeStorageReport(
    const Caller& caller, DatanodeReportType type) {
  RETURN_IF_ERROR(CheckSuperuser(caller, "getDatanodeStorageReport"));
  return datanodes_->StorageReport(type);
}

StatusOr<bool> Namesystem::SetSafeMode(const Caller& caller, SafeModeAction action) {
  switch (action) {
    case SafeModeAction::kGet:
      break;
    case SafeModeAction::kEnter:
      RETURN_IF_ERROR(CheckSuperuser(caller, "safemode_enter"));
      blocks_->EnterSafeMode();
      LOG_INFO("safe mode entered by={}", caller.user.name);
      held_.WakeAll(HeldCalls::Wake::kEvent);  // they answer with SafeModeException
      break;
    case SafeModeAction::kLeave:
    case SafeModeAction::kForceExit:
      RETURN_IF_ERROR(CheckSuperuser(
          caller, action == SafeModeAction::kLeave ? "safemode_leave" : "safemode_force_exit"));
      blocks_->LeaveSafeMode();
      LOG_INFO("safe mode left by={}", caller.user.name);
      leases_->RenewAll();
      break;
  }
  return blocks_->InSafeMode();
}

}  // namespace tusk::namenode
