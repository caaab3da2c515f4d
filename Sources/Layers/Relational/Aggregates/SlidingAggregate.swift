/// An aggregate over a frame whose ends only move forward: what the rows of a window see, one after the other.
///
/// Each row costs what its frame gained and lost. Sums and counts take rows back, extremes keep the candidates that may
/// still come first. What allows neither (sums of floating point, whose last digits depend on the order) is added up
/// anew for every frame, with pauses, as PostgreSQL does it.
public struct SlidingAggregate {
  private enum Method { case removal, candidates, anew }

  /// Rows added or taken back between two checkpoints.
  private static let rowsPerPiece = 1_024

  private let definition: AggregateDefinition
  /// The arguments of each row; nil where the aggregate passes it over.
  private let inputs: [[Datum]?]
  private let method: Method
  private var accumulator: Accumulator
  /// The rows that the state holds.
  private var included = 0..<0
  /// Rows by their place, each of which beats all behind it, from `firstCandidate` on.
  private var candidates: [Int] = []
  private var firstCandidate = 0
  private var last: (frame: Range<Int>, value: Datum)?
  private var untilCheckpoint = SlidingAggregate.rowsPerPiece

  public init(_ definition: AggregateDefinition, _ inputs: [[Datum]?]) {
    self.definition = definition
    self.inputs = inputs
    accumulator = definition.accumulator()
    method = accumulator is ExtremeAccumulator ? .candidates : accumulator.canRemove ? .removal : .anew
  }

  /// The aggregate over the rows of `frame`, whose ends are not before those of the frame of the call before.
  /// `isNew` tells whether the value had to be made, so that it takes memory of its own.
  public mutating func value(
    _ frame: Range<Int>, _ statement: StatementContext
  ) async throws(SQLError) -> (value: Datum, isNew: Bool) {
    if let last, last.frame == frame { return (last.value, false) }
    let value: Datum
    switch method {
    case .removal:
      try await shrink(to: frame.lowerBound, statement)
      try await grow(to: frame, statement)
      value = try accumulator.result()
    case .anew:
      if frame.lowerBound != included.lowerBound { restart(at: frame.lowerBound) }
      try await grow(to: frame, statement)
      value = try accumulator.result()
    case .candidates:
      value = try await extreme(frame, statement)
    }
    last = (frame, value)
    return (value, true)
  }

  private mutating func restart(at place: Int) {
    accumulator = definition.accumulator()
    included = place..<place
  }

  private mutating func shrink(to place: Int, _ statement: StatementContext) async throws(SQLError) {
    if place >= included.upperBound {
      restart(at: place)
      return
    }
    while included.lowerBound < place {
      if let input = inputs[included.lowerBound], try !accumulator.remove(input) {
        restart(at: place)
        return
      }
      included = (included.lowerBound + 1)..<included.upperBound
      try await pause(statement)
    }
  }

  private mutating func grow(to frame: Range<Int>, _ statement: StatementContext) async throws(SQLError) {
    while included.upperBound < frame.upperBound {
      if let input = inputs[included.upperBound] {
        if input.count == 1 { try accumulator.add(input[0]) } else { try accumulator.add(input) }
      }
      included = included.lowerBound..<(included.upperBound + 1)
      try await pause(statement)
    }
  }

  private mutating func extreme(_ frame: Range<Int>, _ statement: StatementContext) async throws(SQLError) -> Datum {
    guard let judge = accumulator as? ExtremeAccumulator else { return .null }
    var next = max(included.upperBound, frame.lowerBound)
    while next < frame.upperBound {
      if let input = inputs[next] {
        // Of equal values the first counts, so it stays.
        while candidates.count > firstCandidate, let other = inputs[candidates[candidates.count - 1]],
          judge.beats(input[0], other[0])
        {
          candidates.removeLast()
        }
        candidates.append(next)
      }
      next += 1
      try await pause(statement)
    }
    included = frame.lowerBound..<max(next, frame.lowerBound)
    while firstCandidate < candidates.count, candidates[firstCandidate] < frame.lowerBound { firstCandidate += 1 }
    if firstCandidate > Self.rowsPerPiece, firstCandidate * 2 > candidates.count {
      candidates.removeFirst(firstCandidate)
      firstCandidate = 0
    }
    guard firstCandidate < candidates.count, let best = inputs[candidates[firstCandidate]] else { return .null }
    return best[0]
  }

  private mutating func pause(_ statement: StatementContext) async throws(SQLError) {
    untilCheckpoint -= 1
    guard untilCheckpoint <= 0 else { return }
    untilCheckpoint = Self.rowsPerPiece
    try await statement.checkpoint()
  }
}
