/// What clients of keys saw.
public typealias KeyValueHistory = History<KeyValueModel.Input, KeyValueModel.Output>

/// The forms in which histories lie in files, one event a line: a beginning or an end of an operation.
///
/// - `jepsenLog`: Jepsen's log of one compare-and-set register that holds nothing in the beginning:
///   `INFO  jepsen.util - 3 :invoke :cas [0 4]`. A `:fail` of a `:cas` says that the register held something else.
/// - `edn`: maps, `{:process 9, :type :invoke, :f :append, :key "0", :value "x"}`. Keys hold the empty string in the
///   beginning, or nothing where the functions are Jepsen's `:read`, `:write` and `:cas`.
/// - `roost`: this project's own: such maps after a line `;; roost history 1`, with `:cas`, `:delete` and times. See
///   ``RoostHistoryWriter``.
///
/// Events of processes without a number (Jepsen's nemesis), comments and empty lines are passed over; every other line
/// that can't be understood is an error with its number.
public enum HistoryFormat: String, Hashable, Sendable, CaseIterable {
  case jepsenLog = "Jepsen log"
  case edn = "EDN"
  case roost = "Roost history"

  static let roostHeader = ";; roost history 1"

  /// By the first line that says anything; nil if that fits none.
  public static func recognise(_ bytes: [UInt8]) -> HistoryFormat? {
    for line in HistoryLines(bytes) {
      let text = line.bytes
      if text.starts(with: roostHeader.utf8) { return .roost }
      if text.first == UInt8(ascii: ";") { continue }
      if text.first == UInt8(ascii: "{") { return .edn }
      if JepsenLogLine.isLogLine(text) { return .jepsenLog }
      return nil
    }
    return nil
  }

  /// Reads a whole file in whichever form it is.
  public static func read(_ bytes: [UInt8]) throws(HistoryFormatError) -> RecordedHistory {
    guard let format = recognise(bytes) else { throw HistoryFormatError(line: 1, .unknownFormat) }
    return try format.read(bytes)
  }

  public func read(_ bytes: [UInt8]) throws(HistoryFormatError) -> RecordedHistory {
    var events = HistoryEvents()
    switch self {
    case .jepsenLog:
      for line in HistoryLines(bytes) { try JepsenLogLine.read(line, into: &events) }
      return RecordedHistory(format: self, history: events.history, model: KeyValueModel())
    case .edn, .roost:
      let reader = EDNHistoryLine(isRoost: self == .roost)
      for line in HistoryLines(bytes) { try reader.read(line, into: &events) }
      let initial: [UInt8]? = self == .roost || events.hasRegisterFunctions ? nil : []
      return RecordedHistory(format: self, history: events.history, model: KeyValueModel(initial: initial))
    }
  }
}

/// A history as a file held it, and the object it is about.
public struct RecordedHistory: Sendable {
  public var format: HistoryFormat
  public var history: KeyValueHistory
  public var model: KeyValueModel
}

/// A line of a history that can't be understood.
public struct HistoryFormatError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case unknownFormat
    case malformed(String)
    /// An operation ends that did not begin.
    case nothingToEnd(process: Int)
    /// A process begins an operation while another of its own is under way.
    case stillBusy(process: Int)
    /// An operation ends as another than it began.
    case otherFunction(process: Int)
  }

  /// Counts from 1.
  public var line: Int
  public var reason: Reason

  init(line: Int, _ reason: Reason) {
    self.line = line
    self.reason = reason
  }

  public var description: String {
    let what =
      switch reason {
      case .unknownFormat: "neither a Jepsen log, nor EDN maps, nor a Roost history"
      case .malformed(let what): what
      case .nothingToEnd(let process): "process \(process) ends an operation that it did not begin"
      case .stillBusy(let process): "process \(process) begins an operation while another of its own is under way"
      case .otherFunction(let process): "process \(process) ends another operation than it began"
      }
    return "line \(line): \(what)"
  }
}

/// The lines of a file that hold anything, without surrounding space, each with its number.
struct HistoryLines: Sequence, IteratorProtocol {
  struct Line {
    var number: Int
    var bytes: ArraySlice<UInt8>

    func malformed(_ what: String) -> HistoryFormatError { HistoryFormatError(line: number, .malformed(what)) }
  }

  private let bytes: [UInt8]
  private var position = 0
  private var number = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> Line? {
    while position < bytes.count {
      let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
      var line = bytes[position..<end]
      position = end + 1
      number += 1
      while let first = line.first, HistoryLines.isSpace(first) { line.removeFirst() }
      while let last = line.last, HistoryLines.isSpace(last) { line.removeLast() }
      if !line.isEmpty { return Line(number: number, bytes: line) }
    }
    return nil
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
