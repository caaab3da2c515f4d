/// Writes a history in the project's own form, which `roost check-history` reads:
///
///     ;; roost history 1
///     {:process 0, :type :invoke, :f :put, :key "k", :value "1", :time 1500}
///     {:process 1, :type :invoke, :f :cas, :key "k", :value ["1" "2"], :time 1700}
///     {:process 0, :type :ok, :f :put, :key "k", :value "1", :time 2600}
///     {:process 1, :type :info, :f :cas, :key "k", :value ["1" "2"], :time 9000}
///
/// Every line is an event, in the order in which clients saw them; times are nanoseconds and for people. The functions
/// are `:get`, `:put`, `:append`, `:delete` and `:cas`; a key holds nothing, `nil`, in the beginning. `:ok` was
/// answered (a `:get` with what it read, a `:cas` with `false` where it found something else), `:fail` certainly never
/// happens, `:info` may take effect at any later time or never, as an operation without an end.
///
/// A string is a row of bytes: each character up to `\u00ff` stands for the byte of its number.
public struct RoostHistoryWriter {
  public private(set) var bytes: [UInt8] = Array((HistoryFormat.roostHeader + "\n").utf8)

  public init(_ history: KeyValueHistory) {
    var events: [(tick: Int, operation: Int, isEnd: Bool)] = []
    for (index, operation) in history.operations.enumerated() {
      events.append((operation.begin, index, false))
      if let end = operation.end { events.append((end, index, true)) }
    }
    events.sort { $0.tick < $1.tick }
    for event in events { write(history.operations[event.operation], isEnd: event.isEnd) }
  }

  private mutating func write(_ operation: KeyValueHistory.Operation, isEnd: Bool) {
    var type = "invoke"
    var value = input(operation.input.action)
    if isEnd {
      switch operation.outcome {
      case .ok(.value(let read)):
        type = "ok"
        value = RoostHistoryWriter.string(read)
      case .ok(.swapped(false)):
        type = "ok"
        value = Array("false".utf8)
      case .ok: type = "ok"
      case .failed: type = "fail"
      case .unknown: type = "info"
      }
    }
    append("{:process \(operation.process), :type :\(type), :f :\(function(operation.input.action)), :key ")
    bytes += RoostHistoryWriter.string(operation.input.key)
    append(", :value ")
    bytes += value
    append(", :time \(isEnd ? operation.endTime ?? 0 : operation.beginTime)}\n")
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private func function(_ action: KeyValueModel.Action) -> HistoryEvents.Function {
    switch action {
    case .get: .get
    case .put: .put
    case .append: .append
    case .delete: .delete
    case .compareAndSet: .cas
    }
  }

  private func input(_ action: KeyValueModel.Action) -> [UInt8] {
    switch action {
    case .get, .delete: Array("nil".utf8)
    case .put(let value), .append(let value): RoostHistoryWriter.string(value)
    case .compareAndSet(let expected, let value):
      [UInt8(ascii: "[")] + RoostHistoryWriter.string(expected) + [UInt8(ascii: " ")]
        + RoostHistoryWriter.string(value) + [UInt8(ascii: "]")]
    }
  }

  /// The bytes as a string, `nil` for nothing.
  static func string(_ value: [UInt8]?) -> [UInt8] {
    guard let value else { return Array("nil".utf8) }
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = [UInt8(ascii: "\"")]
    for byte in value {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0x20..<0x7F: text.append(byte)
      default: text += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return text + [UInt8(ascii: "\"")]
  }

  /// Bytes as a history shows them.
  static func text(of value: [UInt8]) -> String { String(decoding: string(value), as: UTF8.self) }

  /// The bytes that a string's characters stand for; nil if one stands for none.
  static func bytes(of text: [UInt8]) -> [UInt8]? {
    if text.allSatisfy({ $0 < 0x80 }) { return text }
    var bytes: [UInt8] = []
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
