#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

TransferMetrics::TransferMetrics(MetricsBean* bean)
    : bytes_written(bean->AddCounter("BytesWritten", "Bytes of blocks taken in")),
      bytes_read(bean->AddCounter("BytesRead", "Bytes of blocks sent to readers")),
      blocks_written(bean->AddCounter("BlocksWritten", "Replicas written to their end")),
      blocks_read(bean->AddCounter("BlocksRead", "Reads of blocks served")),
      blocks_replicated(bean->AddCounter("BlocksReplicated", "Replicas copied to other nodes")),
      block_verification_failures(bean->AddCounter("BlockVerificationFailures",
                                                   "Packets or replicas with wrong checksums")),
      fsyncs(bean->AddCounter("FsyncCount", "Packets that asked for a sync to disk")),
      bad_requests(bean->AddCounter("BadRequests", "Connections closed for what they sent")),
      read_op(bean->AddRate("ReadBlockOp", "READ_BLOCK operations")),
      write_op(bean->AddRate("WriteBlockOp", "WRITE_BLOCK operations")),
      checksum_op(bean->AddRate("BlockChecksumOp", "BLOCK_CHECKSUM operations")),
      transfer_op(bean->AddRate("TransferBlockOp", "TRANSFER_BLOCK operations")) {}

}  // namespace tusk::datanode
