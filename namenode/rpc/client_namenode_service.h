// ClientProtocol at the NameNode's port: translate, call the namesystem, translate.
//
// Every reply, errors too, is held by the server's reply gate until the log has caught up; complete
// and addBlock may be held longer, by the namesystem. What walks whole subtrees runs on the slow
// executor.
#pragma once

#include "common/rpc/rpc_call.h"
#include "common/security/group_mapping.h"

namespace tusk::namenode {

class Namesystem;

// The methods of org.apache.hadoop.hdfs.protocol.ClientProtocol. What is not in the table answers
// RpcNoSuchMethodException. `namesystem` outlives the server.
RpcProtocol ClientNamenodeProtocol(Namesystem* namesystem);

// org.apache.hadoop.tools.GetUserMappingsProtocol (`hdfs groups`).
RpcProtocol UserMappingsProtocol(GroupMapping* groups);

}  // namespace tusk::namenode
