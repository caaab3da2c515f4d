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
  /// What the statement had spent at the last checkpoint.
  private var spentBefore: Int
  private let statement: StatementContext

  /// - Parameter statement: Counts the work of long values.
  public init(_ definition: AggregateDefinition, _ inputs: [[Datum]?], _ statement: StatementContext) {
    self.definition = definition
    self.inputs = inputs
    self.statement = statement
    spentBefore = statement.spent
    accumulator = definition.accumulator(statement)
    method = accumulator is ExtremeAccumulator ? .candidates : accumulator.canRemove ? .removal : .anew
  }

  /// The aggregate over the rows of `frame`, whose ends are not before those of the frame of the call before.
  /// `isNew` tells whether the value had to be made, so that it takes memory of its own.
  public mutating func value(_ frame: Range<Int>) async throws(SQLError) -> (value: Datum, isNew: Bool) {
    if let last, last.frame == frame { return (last.value, false) }
    let value: Datum
    switch method {
    case .removal:
      try await shrink(to: frame.lowerBound)
      try await grow(to: frame)
      value = try result()
    case .anew:
      if frame.lowerBound != included.lowerBound { restart(at: frame.lowerBound) }
      try await grow(to: frame)
      value = try result()
    case .candidates:
      value = try await extreme(frame)
    }
    last = (frame, value)
    return (value, true)
  }

  private func result() throws(SQLError) -> Datum {
    try statement.pinned { () throws(SQLError) in try accumulator.result() }
  }

  private mutating func restart(at place: Int) {
    accumulator = definition.accumulator(statement)
    included = place..<place
  }

  private mutating func shrink(to place: Int) async throws(SQLError) {
    if place >= included.upperBound {
      restart(at: place)
      return
    }
    while included.lowerBound < place {
      if let input = inputs[included.lowerBound] {
        let state = accumulator
        let isTakenBack = try statement.pinned { () throws(SQLError) in try state.remove(input) }
        if !isTakenBack {
          restart(at: place)
          return
        }
      }
      included = (included.lowerBound + 1)..<included.upperBound
      try await pause()
    }
  }

  private mutating func grow(to frame: Range<Int>) async throws(SQLError) {
    while included.upperBound < frame.upperBound {
      if let input = inputs[included.upperBound] {
        // A state that has taken half a row can't take it again: the statement may end here, but not move.
        let state = accumulator
        try statement.pinned { () throws(SQLError) in
          if input.count == 1 { try state.add(input[0]) } else { try state.add(input) }
        }
      }
      included = included.lowerBound..<(included.upperBound + 1)
      try await pause()
    }
  }

  private mutating func extreme(_ frame: Range<Int>) async throws(SQLError) -> Datum {
    guard let judge = accumulator as? ExtremeAccumulator else { return .null }
    var next = max(included.upperBound, frame.lowerBound)
    while next < frame.upperBound {
      if let input = inputs[next] {
        while candidates.count > firstCandidate, let other = inputs[candidates[candidates.count - 1]] {
          try statement.pinned { () throws(SQLError) in try statement.poll(work: input[0].comparisonWork) }
          // Of equal values the first counts, so it stays.
          guard judge.beats(input[0], other[0]) else { break }
          candidates.removeLast()
        }
        candidates.append(next)
      }
      next += 1
      try await pause()
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

  private mutating func pause() async throws(SQLError) {
    untilCheckpoint -= 1
    guard untilCheckpoint <= 0 || statement.spent - spentBefore > EvaluationPace.unitsPerTurn else { return }
    untilCheckpoint = Self.rowsPerPiece
    spentBefore = statement.spent
    try await statement.checkpoint()
  }
}
