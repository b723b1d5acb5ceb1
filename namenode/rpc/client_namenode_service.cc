#include "namenode/rpc/client_namenode_service.h"

#include "namenode/rpc/service_methods.h"

namespace tusk::namenode {

RpcProtocol ClientNamenodeProtocol(Namesystem* namesystem) {
  RpcProtocol protocol("org.apache.hadoop.hdfs.protocol.ClientProtocol");
  AddNamespaceMethods(namesystem, &protocol);
  AddBlockMethods(namesystem, &protocol);
  AddAdminMethods(namesystem, &protocol);
  return protocol;
}

}  // namespace tusk::namenode
