import NIOCore
import RoostRelational
import RoostSQL

/// Turns the parameters of a Bind message into values of the types the statement asks for.
extension BindMessage {
  func decodedParameters(of prepared: PreparedStatement, _ input: InputContext) throws(SQLError) -> [Datum] {
    let types = prepared.parameterTypes
    guard parameters.count == types.count else {
      throw SQLError(
        "08P01",
        "bind message supplies \(parameters.count) parameters, but prepared statement \"\(statement)\" requires "
          + "\(types.count)")
    }
    guard parameterFormats.count <= 1 || parameterFormats.count == parameters.count else {
      throw SQLError(
        "08P01",
        "bind message has \(parameterFormats.count) parameter formats but \(parameters.count) parameters")
    }
    if parameters.isEmpty { return [] }
    var values: [Datum] = []
    values.reserveCapacity(parameters.count)
    for index in parameters.indices {
      guard let bytes = parameters[index] else {
        values.append(.null)
        continue
      }
      let format =
        switch parameterFormats.count {
        case 0: WireFormat.text
        case 1: parameterFormats[0]
        default: parameterFormats[index]
        }
      switch format {
      case .text: values.append(try bytes.datum(fromTextAs: types[index], input))
      case .binary: values.append(try bytes.datum(fromBinaryAs: types[index], parameter: index + 1))
      }
    }
    return values
  }
}

extension ByteBuffer {
  fileprivate func datum(fromTextAs type: SQLType, _ input: InputContext) throws(SQLError) -> Datum {
    try TextFormat.parse(try parameterText(), as: type, input)
  }

  /// The common fixed-width types are read on the spot, the others by ``BinaryFormat``.
  fileprivate func datum(fromBinaryAs type: SQLType, parameter: Int) throws(SQLError) -> Datum {
    switch (type, readableBytes) {
    case (.integer, 4): return .integer(getInteger(at: readerIndex) ?? 0)
    case (.bigint, 8): return .bigint(getInteger(at: readerIndex) ?? 0)
    case (.smallint, 2): return .smallint(getInteger(at: readerIndex) ?? 0)
    case (.text, _), (.varchar, _): return .text(try parameterText())
    default: break
    }
    do throws(SQLError) {
      return try BinaryFormat.parse(Array(readableBytesView), as: type)
    } catch {
      guard error.code == "22P03" else { throw error }
      throw SQLError("22P03", "incorrect binary data format in bind parameter \(parameter)")
    }
  }

  private func parameterText() throws(SQLError) -> String {
    guard let text = getUTF8(at: readerIndex, length: readableBytes) else {
      throw .invalidUTF8(in: readableBytesView)
    }
    if text.utf8.contains(0) { throw SQLError("22021", "invalid byte sequence for encoding \"UTF8\": 0x00") }
    return text
  }
}
