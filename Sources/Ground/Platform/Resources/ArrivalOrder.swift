/// Connections in the order of their arrival, counted by source: finds whom to send away when there are too many.
///
/// The source that has most gives way, with its oldest: an honest client is through within a round trip, so what is old
/// among many of one source is what was never meant to go on.
public struct ArrivalOrder<ID: Hashable & Sendable>: Sendable {
  private struct Line: Sendable {
    var count = 0
    /// In order of arrival; those that left are skipped when they come to the front.
    var order: [ID] = []
    var front = 0
  }

  private var sources: [ID: ConnectionSource] = [:]
  private var lines: [ConnectionSource: Line] = [:]

  public init() {}

  public var count: Int { sources.count }

  public func contains(_ id: ID) -> Bool { sources[id] != nil }

  /// Every id is new.
  public mutating func insert(_ id: ID, from source: ConnectionSource) {
    sources[id] = source
    lines[source, default: Line()].count += 1
    lines[source]?.order.append(id)
  }

  /// Removes an id; returns whether it was there.
  @discardableResult
  public mutating func remove(_ id: ID) -> Bool {
    guard let source = sources.removeValue(forKey: id), var line = lines.removeValue(forKey: source) else {
      return false
    }
    line.count -= 1
    guard line.count > 0 else { return true }
    // At most as many stale entries as live ones, and some.
    if line.order.count - line.front > 2 * line.count + 16 {
      line.order = line.order[line.front...].filter { sources[$0] == source }
      line.front = 0
    }
    lines[source] = line
    return true
  }

  /// The oldest of the source that has most; nil if there is none. It stays until it is removed.
  public mutating func oldestOfTheMany() -> ID? {
    guard
      let source = lines.max(by: { ($0.value.count, $1.key.description) < ($1.value.count, $0.key.description) })?.key
    else { return nil }
    while let line = lines[source], line.front < line.order.count {
      let id = line.order[line.front]
      if sources[id] == source { return id }
      lines[source]?.front += 1
    }
    return nil
  }
}
