import NIOCore
import RoostRelational

/// Reads a message's body. Every count is checked against the bytes that are there before room is made for it.
extension FrontendMessage {
  init(_ kind: Kind, body: ByteBuffer) throws(ProtocolViolation) {
    var reader = BodyReader(bytes: body)
    do {
      self = try FrontendMessage.read(kind, &reader)
      try reader.finish()
    } catch {
      switch error {
      case .violation(let violation): throw violation
      case .unusable(let error): self = .unusable(kind, error)
      }
    }
  }

  private static func read(_ kind: Kind, _ reader: inout BodyReader) throws(BodyReader.Failure) -> FrontendMessage {
    switch kind {
    case .query:
      return .query(try reader.text())
    case .parse:
      let name = try reader.text()
      let query = try reader.text()
      let count = try reader.count(elementSize: 4)
      var types: [UInt32] = []
      types.reserveCapacity(count)
      for _ in 0..<count { types.append(try reader.integer()) }
      return .parse(ParseMessage(name: name, query: query, parameterTypes: types))
    case .bind:
      return .bind(try readBind(&reader))
    case .describe:
      let target = try reader.target()
      return .describe(target, name: try reader.text())
    case .execute:
      let portal = try reader.text()
      let maxRows: Int32 = try reader.integer()
      // The protocol takes zero and, by long custom, negative counts as "no limit".
      return .execute(portal: portal, maxRows: max(0, Int(maxRows)))
    case .close:
      let target = try reader.target()
      return .close(target, name: try reader.text())
    case .flush: return .flush
    case .sync: return .sync
    case .terminate: return .terminate
    case .functionCall:
      reader.skipRest()
      return .functionCall
    case .copyData, .copyDone, .copyFail:
      reader.skipRest()
      return .copyRemainder
    }
  }

  private static func readBind(_ reader: inout BodyReader) throws(BodyReader.Failure) -> BindMessage {
    let portal = try reader.text()
    let statement = try reader.text()
    let parameterFormats = try readFormats(&reader)
    // Each parameter takes at least its length.
    let count = try reader.count(elementSize: 4)
    var parameters: [ByteBuffer?] = []
    parameters.reserveCapacity(count)
    for _ in 0..<count { parameters.append(try reader.value()) }
    let resultFormats = try readFormats(&reader)
    return BindMessage(
      portal: portal, statement: statement, parameterFormats: parameterFormats, parameters: parameters,
      resultFormats: resultFormats)
  }

  private static func readFormats(_ reader: inout BodyReader) throws(BodyReader.Failure) -> [WireFormat] {
    let count = try reader.count(elementSize: 2)
    if count == 0 { return [] }
    var formats: [WireFormat] = []
    formats.reserveCapacity(count)
    for _ in 0..<count {
      let code: Int16 = try reader.integer()
      guard let format = WireFormat(rawValue: code) else {
        throw .unusable(SQLError("22023", "unsupported format code: \(code)"))
      }
      formats.append(format)
    }
    return formats
  }
}

/// A cursor over one body.
private struct BodyReader {
  enum Failure: Error {
    case violation(ProtocolViolation)
    case unusable(SQLError)

    static func malformed(_ message: String) -> Failure { .violation(ProtocolViolation(message: message)) }
  }

  var bytes: ByteBuffer

  mutating func integer<T: FixedWidthInteger>(as: T.Type = T.self) throws(Failure) -> T {
    guard let value = bytes.readInteger(as: T.self) else { throw .malformed("insufficient data left in message") }
    return value
  }

  /// A 16-bit count of elements that take at least `elementSize` bytes each.
  mutating func count(elementSize: Int) throws(Failure) -> Int {
    let count = Int(try integer(as: UInt16.self))
    guard count * elementSize <= bytes.readableBytes else { throw .malformed("insufficient data left in message") }
    return count
  }

  /// A zero-terminated string, which must be UTF-8.
  mutating func text() throws(Failure) -> String {
    let view = bytes.readableBytesView
    guard let end = view.firstIndex(of: 0) else { throw .malformed("invalid string in message") }
    let length = end - view.startIndex
    defer { bytes.moveReaderIndex(forwardBy: length + 1) }
    if length == 0 { return "" }
    guard let text = bytes.getUTF8(at: bytes.readerIndex, length: length) else {
      throw .unusable(.invalidUTF8(in: view[..<end]))
    }
    return text
  }

  mutating func target() throws(Failure) -> FrontendMessage.StatementOrPortal {
    let code: UInt8 = try integer()
    guard let target = FrontendMessage.StatementOrPortal(rawValue: code) else {
      throw .malformed("invalid message subtype \(code)")
    }
    return target
  }

  /// A parameter: its length and bytes, or NULL.
  mutating func value() throws(Failure) -> ByteBuffer? {
    let length: Int32 = try integer()
    if length == -1 { return nil }
    guard length >= 0, let value = bytes.readSlice(length: Int(length)) else {
      throw .malformed("insufficient data left in message")
    }
    return value
  }

  mutating func skipRest() { bytes.moveReaderIndex(to: bytes.writerIndex) }

  func finish() throws(Failure) {
    guard bytes.readableBytes == 0 else { throw .malformed("invalid message format") }
  }
}

extension ByteBuffer {
  /// The bytes as a string, or nil when they aren't UTF-8. Never repairs.
  func getUTF8(at index: Int, length: Int) -> String? {
    withUnsafeReadableBytes { readable in
      let start = index - readerIndex
      guard start >= 0, start + length <= readable.count else { return nil }
      return String(validating: UnsafeRawBufferPointer(rebasing: readable[start..<(start + length)]), as: UTF8.self)
    }
  }
}

extension SQLError {
  /// 22021, naming the first bytes that aren't UTF-8 as PostgreSQL does.
  static func invalidUTF8(in bytes: some Collection<UInt8>) -> SQLError {
    var rest = bytes[...]
    while let lead = rest.first {
      let length = UTF8.validLength(of: rest)
      if length == 0 {
        let announced = lead >= 0xF8 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1
        let shown = rest.prefix(announced).map { "0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return SQLError(
          "22021", "invalid byte sequence for encoding \"UTF8\": \(shown.joined(separator: " "))")
      }
      rest = rest.dropFirst(length)
    }
    return SQLError("22021", "invalid byte sequence for encoding \"UTF8\"")
  }
}

extension UTF8 {
  /// How many bytes the well-formed character at the start takes; zero when it isn't well-formed (RFC 3629, section 4).
  fileprivate static func validLength(of bytes: some Collection<UInt8>) -> Int {
    var iterator = bytes.makeIterator()
    guard let lead = iterator.next() else { return 0 }
    if lead < 0x80 { return 1 }
    let second: ClosedRange<UInt8>
    let length: Int
    switch lead {
    case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
    case 0xE0: (second, length) = (0xA0...0xBF, 3)
    case 0xED: (second, length) = (0x80...0x9F, 3)
    case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
    case 0xF0: (second, length) = (0x90...0xBF, 4)
    case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
    case 0xF4: (second, length) = (0x80...0x8F, 4)
    default: return 0
    }
    guard let next = iterator.next(), second.contains(next) else { return 0 }
    for _ in 2..<max(2, length) {
      guard let next = iterator.next(), (0x80...0xBF).contains(next) else { return 0 }
    }
    return length
  }
}
