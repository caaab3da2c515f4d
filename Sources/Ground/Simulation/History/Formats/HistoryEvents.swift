/// Puts a history together from the events of a file, and refuses what no client can have seen.
struct HistoryEvents {
  enum Function: String {
    case get, put, append, delete, cas
  }

  enum End {
    /// Done; what was read, or whether a compare-and-set found what it expected.
    case ok(KeyValueModel.Output)
    case failed
    case unknown
  }

  private(set) var history = KeyValueHistory()
  /// Whether the file speaks of `:read` and `:write`.
  var hasRegisterFunctions = false
  private var underWay: [Int: (id: KeyValueHistory.OperationID, function: Function)] = [:]

  mutating func begin(
    _ process: Int, _ function: Function, _ input: KeyValueModel.Input, at time: Int64, line: Int
  ) throws(HistoryFormatError) {
    if underWay[process] != nil { throw HistoryFormatError(line: line, .stillBusy(process: process)) }
    underWay[process] = (history.invoke(process: process, input, at: time), function)
  }

  mutating func end(
    _ process: Int, _ function: Function, _ end: End, at time: Int64, line: Int
  ) throws(HistoryFormatError) {
    guard let (id, begun) = underWay.removeValue(forKey: process) else {
      throw HistoryFormatError(line: line, .nothingToEnd(process: process))
    }
    guard begun == function else { throw HistoryFormatError(line: line, .otherFunction(process: process)) }
    switch end {
    case .ok(let output): history.ok(id, output, at: time)
    case .failed: history.fail(id, at: time)
    case .unknown: history.info(id, at: time)
    }
  }
}
