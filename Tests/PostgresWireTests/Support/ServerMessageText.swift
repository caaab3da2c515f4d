import NIOCore

/// A server message as one readable line, so that a conversation is a list of strings:
///
///     R 0                        authentication
///     S name=value               parameter status
///     K                          backend key
///     T a:23/0 b:25/1            columns: name, type OID, format
///     t 23 25                    parameter types
///     D 1|x|NULL                 a row; bytes that aren't text as \x…
///     C SELECT 1                 command complete
///     E ERROR 42601 P=3 text     error with its position
///     Z I                        ready
struct ServerMessageText {
  var type: Unicode.Scalar
  var body: ByteBuffer
  var line: String { Self.describe(type, body) }

  /// Takes one message from the bytes, or nil when it isn't there yet.
  init?(_ bytes: inout ByteBuffer) {
    guard let type: UInt8 = bytes.getInteger(at: bytes.readerIndex),
      let length: UInt32 = bytes.getInteger(at: bytes.readerIndex + 1), bytes.readableBytes >= 1 + Int(length)
    else { return nil }
    bytes.moveReaderIndex(forwardBy: 5)
    guard let body = bytes.readSlice(length: Int(length) - 4) else { return nil }
    self.type = Unicode.Scalar(type)
    self.body = body
  }

  private static func describe(_ type: Unicode.Scalar, _ body: ByteBuffer) -> String {
    var body = body
    switch type {
    case "R": return "R \(body.readInteger(as: UInt32.self) ?? 99)"
    case "S":
      return "S \(body.readNullTerminatedString() ?? "?")=\(body.readNullTerminatedString() ?? "?")"
    case "T":
      let count = Int(body.readInteger(as: UInt16.self) ?? 0)
      let columns = (0..<count).map { _ -> String in
        let name = body.readNullTerminatedString() ?? "?"
        let rest = body.readMultipleIntegers(as: (UInt32, Int16, UInt32, Int16, Int32, Int16).self)
        return "\(name):\(rest?.2 ?? 0)/\(rest?.5 ?? -1)"
      }
      return (["T"] + columns).joined(separator: " ")
    case "t":
      let count = Int(body.readInteger(as: UInt16.self) ?? 0)
      return (["t"] + (0..<count).map { _ in String(body.readInteger(as: UInt32.self) ?? 0) })
        .joined(separator: " ")
    case "D":
      let count = Int(body.readInteger(as: UInt16.self) ?? 0)
      return "D " + (0..<count).map { _ in value(&body) }.joined(separator: "|")
    case "C": return "C \(body.readNullTerminatedString() ?? "?")"
    case "E", "N":
      var fields: [UInt8: String] = [:]
      while let tag: UInt8 = body.readInteger(), tag != 0 { fields[tag] = body.readNullTerminatedString() }
      let position = fields[UInt8(ascii: "P")].map { " P=\($0)" } ?? ""
      let text = "VCM".unicodeScalars.map { fields[UInt8($0.value)] ?? "-" }
      return "\(type) \(text[0]) \(text[1])\(position) \(text[2])"
    case "Z": return "Z \(Unicode.Scalar(body.readInteger(as: UInt8.self) ?? 63))"
    default: return String(Character(type))
    }
  }

  private static func value(_ body: inout ByteBuffer) -> String {
    guard let length: Int32 = body.readInteger() else { return "?" }
    if length < 0 { return "NULL" }
    let bytes = body.readBytes(length: Int(length)) ?? []
    if bytes.allSatisfy({ $0 >= 32 && $0 < 127 }) { return String(decoding: bytes, as: UTF8.self) }
    return "\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
