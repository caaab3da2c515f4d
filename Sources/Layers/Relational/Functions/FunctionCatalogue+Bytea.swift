/// Functions over byte strings.
extension FunctionCatalogue {
  mutating func addBytea() {
    for name in ["length", "octet_length"] {
      unary(name, .bytea, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.byteArray.count)) }
    }
    unary("bit_length", .bytea, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.byteArray.count * 8)) }
    infix("||", .bytea, .bytea, .bytea) { a, b, pace throws(SQLError) in
      let (left, right) = (try a.byteArray, try b.byteArray)
      try StringOperations.admit(left.count + right.count, pace)
      try pace.poll(work: 1 + (left.count + right.count) >> 4)
      return .bytea(left + right)
    }
    for name in ["substring", "substr"] {
      ternary(name, [.bytea, .integer, .integer], .bytea) { a, b, c, pace throws(SQLError) in
        .bytea(try StringOperations.substring(a.byteArray, b.int64, c.int64, pace))
      }
      binary(name, .bytea, .integer, .bytea) { a, b, pace throws(SQLError) in
        .bytea(try StringOperations.substring(a.byteArray, b.int64, nil, pace))
      }
    }
    binary("position", .bytea, .bytea, .integer) { a, b, pace throws(SQLError) in
      .integer(try StringOperations.position(a.byteArray, b.byteArray, pace))
    }
    for (name, leading, trailing) in [("btrim", true, true), ("ltrim", true, false), ("rtrim", false, true)] {
      binary(name, .bytea, .bytea, .bytea) { a, b, pace throws(SQLError) in
        .bytea(try StringOperations.trim(a.byteArray, b.byteArray, leading: leading, trailing: trailing, pace))
      }
    }
    binary("get_byte", .bytea, .integer, .integer) { a, b throws(SQLError) in
      .integer(Int32(try a.byteArray[try Self.index(b, a)]))
    }
    general("set_byte", [.bytea, .integer, .integer], .bytea) { values, context throws(SQLError) in
      var bytes = try values[0].byteArray
      try context.statement.poll(work: bytes.count >> 4)
      bytes[try Self.index(values[1], values[0])] = UInt8(truncatingIfNeeded: try values[2].int64)
      return .bytea(bytes)
    }
    unary("md5", .bytea, .text) { a, pace throws(SQLError) in
      let bytes = try a.byteArray
      return .text(try bytes.withUnsafeBufferPointer { bytes throws(SQLError) in try MD5.hexDigest(bytes, pace) })
    }
    binary("encode", .bytea, .text, .text) { a, b, pace throws(SQLError) in
      try ByteaCoding.encode(a.byteArray, b.string, pace)
    }
    binary("decode", .text, .text, .bytea) { a, b, pace throws(SQLError) in
      .bytea(try ByteaCoding.decode(a.string, b.string, pace))
    }
    binary("convert_from", .bytea, .name, .text) { a, b, pace throws(SQLError) in
      try Self.checkEncoding(b.string)
      try pace.poll(work: try a.byteArray.count >> 2)
      return .text(try TextFormat.decodeUTF8(a.byteArray))
    }
    binary("convert_to", .text, .name, .bytea) { a, b, pace throws(SQLError) in
      try Self.checkEncoding(b.string)
      try pace.poll(work: try a.string.utf8.count >> 4)
      return .bytea(Array(try a.string.utf8))
    }
  }

  private static func index(_ position: Datum, _ bytes: Datum) throws(SQLError) -> Int {
    let count = try bytes.byteArray.count
    let index = try position.int64
    guard index >= 0, index < Int64(count) else {
      throw SQLError("2202E", "index \(index) out of valid range, 0..\(count - 1)")
    }
    return Int(index)
  }

  private static func checkEncoding(_ name: String) throws(SQLError) {
    let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
    guard plain == "utf8" || plain == "unicode" else {
      throw SQLError("0A000", "conversion between \(name) and UTF8 is not supported")
    }
  }
}
