import Logging
import RoostCluster
import RoostTransport

extension NodeEvent {
  /// How much an event matters, and who speaks.
  var entry: (level: Logger.Level, component: String, origin: LogRecord.Origin) {
    switch self {
    case .announced, .leader, .leaders, .leaving, .departed: (.info, "cluster", .node)
    case .forgotten: (.warning, "cluster", .node)
    case .connection(_, let isConnected): (isConnected ? .info : .warning, "cluster", .node)
    case .refused: (.warning, "cluster", .node)
    case .security: (.info, "cluster", .node)
    case .failed: (.error, "cluster", .node)
    case .condition(let condition): (condition.isEmpty ? .info : .warning, "storage", .node)
    case .storage: (.warning, "storage", .node)
    case .transport(let event, _, _): event.entry
    }
  }
}

extension TransportEvent {
  fileprivate var entry: (level: Logger.Level, component: String, origin: LogRecord.Origin) {
    switch self {
    case .declined, .clientBroken: (.info, "transport", .stranger)
    case .unreachable: (.warning, "transport", .node)
    // That the cluster is connected to a node is said by the cluster.
    case .reachable: (.debug, "transport", .node)
    // Whoever knows a node's number can send in its name, or take its place.
    case .refused: (.warning, "transport", .stranger)
    case .broken(_, _, let end): (end.isUsual ? .debug : .warning, "transport", .stranger)
    }
  }
}

extension ConnectionEnd {
  /// What happens whenever a node restarts.
  fileprivate var isUsual: Bool {
    switch self {
    case .closedHere, .closedByPeer, .replaced, .failed: true
    case .silent, .brokenFrame, .queueFull, .madeRoom, .outOfMemory: false
    }
  }
}
