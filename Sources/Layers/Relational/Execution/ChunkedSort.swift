/// A stable merge sort that gives way: it can be cancelled and lets others work between its pieces, and a comparison
/// may fail or ask for the statement to leave its loop without harm to the order made so far.
public enum ChunkedSort {
  /// Elements that are sorted by insertion before runs are merged.
  private static let runLength = 16
  /// Runs sorted, and elements merged, between two checkpoints.
  private static let runsPerPiece = 128
  private static let mergedPerPiece = 4_096

  /// The elements in order. `precedes` polls the statement according to what it costs.
  public static func sorted<Element>(
    _ elements: [Element], _ statement: StatementContext,
    by precedes: (Element, Element) throws(SQLError) -> Bool
  ) async throws(SQLError) -> [Element] {
    var source = elements
    let count = source.count
    guard count > 1 else { return source }
    var position = 0
    while position < count {
      try await again(statement) { () throws(SQLError) in try sortRuns(&source, &position, precedes) }
    }
    var target = source
    var width = runLength
    while width < count {
      var start = 0
      while start < count {
        let middle = min(start + width, count)
        let end = min(start + 2 * width, count)
        var merge = Merge(first: start, second: middle, target: start, middle: middle, end: end)
        while merge.target < end {
          try await again(statement) { () throws(SQLError) in
            try merge.advance(mergedPerPiece, from: source, into: &target, precedes)
          }
        }
        start = end
      }
      swap(&source, &target)
      width *= 2
    }
    return source
  }

  /// Does a piece of work; when it asks for that, the rest of it off the loop.
  private static func again(
    _ statement: StatementContext, _ piece: () throws(SQLError) -> Void
  ) async throws(SQLError) {
    do throws(SQLError) {
      try piece()
    } catch {
      guard await statement.leaves(after: error) else { throw error }
    }
    try await statement.checkpoint()
  }

  /// Sorts the next runs by insertion. Elements are exchanged in pairs, so that none is lost when a comparison fails.
  private static func sortRuns<Element>(
    _ elements: inout [Element], _ position: inout Int, _ precedes: (Element, Element) throws(SQLError) -> Bool
  ) throws(SQLError) {
    var runs = 0
    while position < elements.count, runs < runsPerPiece {
      let end = min(position + runLength, elements.count)
      for index in (position + 1)..<max(end, position + 1) {
        var place = index
        while place > position, try precedes(elements[place], elements[place - 1]) {
          elements.swapAt(place, place - 1)
          place -= 1
        }
      }
      position = end
      runs += 1
    }
  }

  /// Two neighbouring runs on their way to one.
  private struct Merge {
    var first: Int
    var second: Int
    var target: Int
    let middle: Int
    let end: Int

    mutating func advance<Element>(
      _ count: Int, from source: [Element], into merged: inout [Element],
      _ precedes: (Element, Element) throws(SQLError) -> Bool
    ) throws(SQLError) {
      let limit = min(target + count, end)
      while target < limit {
        let takesSecond =
          first == middle ? true : second == end ? false : try precedes(source[second], source[first])
        merged[target] = source[takesSecond ? second : first]
        if takesSecond { second += 1 } else { first += 1 }
        target += 1
      }
    }
  }
}
