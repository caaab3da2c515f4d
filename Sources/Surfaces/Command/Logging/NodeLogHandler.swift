import Logging

/// Hands what is logged through swift-log to a node's queue.
struct NodeLogHandler: LogHandler {
  let component: String
  let origin: LogRecord.Origin
  let queue: LogQueue
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  init(component: String, origin: LogRecord.Origin = .node, queue: LogQueue, level: Logger.Level) {
    self.component = component
    self.origin = origin
    self.queue = queue
    logLevel = level
  }

  func log(event: LogEvent) {
    var fields: [String: String] = [:]
    for (name, value) in metadata { fields[name] = "\(value)" }
    for (name, value) in event.metadata ?? [:] { fields[name] = "\(value)" }
    if let error = event.error { fields["error"] = "\(error)" }
    queue.append(
      LogRecord(
        time: .now(), level: event.level, component: component, text: event.message.description, fields: fields,
        origin: origin))
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }
}
