/// Connections in the order of their arrival, counted by source: finds whom to send away when there are too many.
///
/// The source that has most gives way, with its oldest: an honest client is through within a round trip, so what is old
/// among many of one source is what was never meant to go on. For the same reason the oldest of all goes where several
/// sources have as many.
public struct ArrivalOrder<ID: Hashable & Sendable>: Sendable {
  private struct Line: Sendable {
    var count = 0
    /// In order of arrival; those that left are skipped when they come to the front.
    var order: [ID] = []
    var front = 0
  }

  private struct Arrival: Sendable {
    var source: ConnectionSource
    /// How many came before.
    var number: UInt64
  }

  private var arrivals: [ID: Arrival] = [:]
  private var arrivalCount: UInt64 = 0
  private var lines: [ConnectionSource: Line] = [:]

  public init() {}

  public var count: Int { arrivals.count }

  public func contains(_ id: ID) -> Bool { arrivals[id] != nil }

  /// Every id is new.
  public mutating func insert(_ id: ID, from source: ConnectionSource) {
    arrivals[id] = Arrival(source: source, number: arrivalCount)
    arrivalCount += 1
    lines[source, default: Line()].count += 1
    lines[source]?.order.append(id)
  }

  /// Removes an id; returns whether it was there.
  @discardableResult
  public mutating func remove(_ id: ID) -> Bool {
    guard let source = arrivals.removeValue(forKey: id)?.source, var line = lines.removeValue(forKey: source) else {
      return false
    }
    line.count -= 1
    guard line.count > 0 else { return true }
    // At most as many stale entries as live ones, and some.
    if line.order.count - line.front > 2 * line.count + 16 {
      line.order = line.order[line.front...].filter { arrivals[$0] != nil }
      line.front = 0
    }
    lines[source] = line
    return true
  }

  /// The oldest of the source that has most, or of those that have as many; nil if there is none. It stays until it is
  /// removed.
  public mutating func oldestOfTheMany() -> ID? {
    guard let most = lines.values.lazy.map(\.count).max() else { return nil }
    var oldest: (id: ID, number: UInt64)?
    for (source, line) in lines where line.count == most {
      var front = line.front
      while front < line.order.count {
        if let number = arrivals[line.order[front]]?.number {
          if number < oldest?.number ?? .max { oldest = (line.order[front], number) }
          break
        }
        front += 1
      }
      if front != line.front { lines[source]?.front = front }
    }
    return oldest?.id
  }
}
