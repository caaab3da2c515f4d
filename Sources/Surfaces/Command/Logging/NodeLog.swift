import Foundation
import Logging
import RoostCluster

/// The log of one node: lines with time, level, component and the node's name, on standard output unless told otherwise.
///
/// Logging never waits, whatever became of the reader: see ``LogQueue``.
struct NodeLog: Sendable {
  /// How long a node that ends waits for its last lines to be taken.
  static let closingLimit = Duration.seconds(1)

  private let queue: LogQueue
  private let level: Logger.Level
  /// What the program says about its own start and end.
  let start: Logger

  init(node: String, level: Logger.Level, format: LogFormat, descriptor: Int32 = STDOUT_FILENO) {
    let queue = LogQueue()
    self.queue = queue
    self.level = level
    start = Logger(label: "start") { NodeLogHandler(component: $0, queue: queue, level: level) }
    LogWriter(queue: queue, descriptor: descriptor, format: format, node: node).start()
  }

  /// Takes in whatever else in the process logs through swift-log; to be called once.
  func adoptAll() {
    LoggingSystem.bootstrap { [queue, level] in NodeLogHandler(component: $0, queue: queue, level: level) }
  }

  func tell(_ event: NodeEvent) {
    let entry = event.entry
    let logger = Logger(label: entry.component) { [queue, level] in
      NodeLogHandler(component: $0, origin: entry.origin, queue: queue, level: level)
    }
    logger.log(level: entry.level, "\(event)")
  }

  /// Waits until the last lines are taken, but not for long.
  func close() { queue.close(within: NodeLog.closingLimit) }
}
