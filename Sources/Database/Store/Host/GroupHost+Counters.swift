import RoostPlatform
import RoostStorage

extension GroupHost {
  /// What this node has done and refused since it started, by names that users may rely on. Call it on the loop.
  public func namedCounters() -> [String: UInt64] {
    loop.preconditionCurrent()
    let log = logWriter.status
    let network = network.counters
    let counters = counters
    return configuration.resources().merging([
      "log_batches": UInt64(log.batches),
      "log_entries": UInt64(log.entries),
      "log_bytes": UInt64(log.bytes),
      "log_syncs": UInt64(log.syncs),
      "engine_flushes": counters.engineFlushes,
      "snapshots_sent": counters.snapshotsSent,
      "snapshots_installed": counters.snapshotsInstalled,
      "requests_forwarded": counters.requestsForwarded,
      "declined_connections": network.declinedConnections,
      "broken_frames": network.brokenFrames,
      "refused_payloads": network.refusedPayloads,
      "refused_messages": counters.refusedMessages,
      "refused_requests": counters.refusedRequests,
      "unknown_groups": counters.unknownGroups,
      "foreign_payloads": counters.foreignPayloads,
      "refused_incarnations": counters.refusedIncarnations,
      "laggards_found": counters.laggardsFound,
    ]) { $1 }
  }
}
