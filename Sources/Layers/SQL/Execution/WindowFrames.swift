import RoostRelational

/// The frames of the rows of one partition. Both ends of a frame only move forward from row to row.
struct WindowFrames {
  /// An end of a frame, its distances read.
  private enum Bound {
    case first, current, last
    /// Rows before or behind the current one.
    case distance(Int)
  }

  private struct Ends {
    var unit: WindowFrame.Unit
    var start: Bound
    var end: Bound
  }

  private let count: Int
  /// For each row the rows that are its equals in the window's order.
  private let peers: [Range<Int>]
  private let ends: Ends?
  private let isOrdered: Bool

  /// `peers` may be empty when no order is given: then all rows are peers.
  init(_ frame: WindowFrame?, count: Int, peers: [Range<Int>], isOrdered: Bool) throws(SQLError) {
    self.count = count
    self.peers = peers
    self.isOrdered = isOrdered
    if let frame {
      ends = Ends(
        unit: frame.unit, start: try Self.bound(frame.start, frame.unit), end: try Self.bound(frame.end, frame.unit))
    } else {
      ends = nil
    }
  }

  private static func bound(_ bound: WindowFrame.Bound, _ unit: WindowFrame.Unit) throws(SQLError) -> Bound {
    switch bound {
    case .unboundedPreceding: .first
    case .unboundedFollowing: .last
    case .currentRow: .current
    case .preceding(let distance): .distance(-(try rows(distance, unit)))
    case .following(let distance): .distance(try rows(distance, unit))
    }
  }

  private static func rows(_ syntax: SyntaxExpression, _ unit: WindowFrame.Unit) throws(SQLError) -> Int {
    guard unit == .rows, case .number(let text, _) = syntax, let value = Int(text), value < 1 << 40 else {
      throw SQLError("0A000", "frame distances are only supported as numbers of ROWS", at: syntax.offset)
    }
    guard value >= 0 else { throw SQLError("22013", "frame starting offset must not be negative") }
    return value
  }

  /// The rows of the frame of the row at `place`.
  subscript(place: Int) -> Range<Int> {
    guard let ends else { return 0..<(isOrdered ? peers[place].upperBound : count) }
    let lower = max(0, min(self.place(ends.start, ends.unit, place, isStart: true), count))
    return lower..<max(lower, min(self.place(ends.end, ends.unit, place, isStart: false), count))
  }

  private func place(_ bound: Bound, _ unit: WindowFrame.Unit, _ place: Int, isStart: Bool) -> Int {
    switch bound {
    case .first: return 0
    case .last: return count
    case .current:
      if unit == .rows { return isStart ? place : place + 1 }
      guard isOrdered else { return isStart ? 0 : count }
      return isStart ? peers[place].lowerBound : peers[place].upperBound
    case .distance(let rows): return place + rows + (isStart ? 0 : 1)
    }
  }
}
