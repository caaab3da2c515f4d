/// The MD5 digest (RFC 1321), for md5().
enum MD5 {
  private static let shifts: [[UInt32]] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]]

  /// floor(2³² × |sin(i + 1)|).
  private static let table: [UInt32] = (0..<64).map {
    UInt32(Mathematics.sin(Double($0 + 1)).magnitude * 4_294_967_296)
  }

  /// For each step the word it takes and the bits it rotates by.
  private static let schedule: [(word: Int, shift: UInt32)] = (0..<64).map { step in
    let word =
      switch step / 16 {
      case 0: step
      case 1: (5 * step + 1) % 16
      case 2: (3 * step + 5) % 16
      default: (7 * step) % 16
      }
    return (word, shifts[step / 16][step % 4])
  }

  private static let blockSize = 64
  /// What a block is counted as: 64 steps.
  private static let blockWork = 128

  static func hexDigest(_ message: UnsafeBufferPointer<UInt8>, _ pace: EvaluationPace) throws(SQLError) -> String {
    var result: [UInt8] = []
    for byte in try digest(message, pace) {
      result.append((byte >> 4).hexDigit)
      result.append((byte & 15).hexDigit)
    }
    return String(decoding: result, as: UTF8.self)
  }

  static func digest(_ message: UnsafeBufferPointer<UInt8>, _ pace: EvaluationPace) throws(SQLError) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
    let whole = message.count / blockSize
    for block in 0..<whole {
      try pace.poll(work: blockWork)
      transform(&state, message, block * blockSize)
    }
    // The rest, a bit, zeros, and the message's length in bits.
    var tail = Array(message[(whole * blockSize)...])
    tail.append(0x80)
    while tail.count % blockSize != blockSize - 8 { tail.append(0) }
    let bits = UInt64(message.count) &* 8
    for shift in stride(from: 0, to: 64, by: 8) { tail.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
    tail.withUnsafeBufferPointer { tail in
      for start in stride(from: 0, to: tail.count, by: blockSize) { transform(&state, tail, start) }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32($0 * 8)) } }
  }

  private static func transform(_ state: inout [UInt32], _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    let raw = UnsafeRawBufferPointer(bytes)
    for step in 0..<64 {
      let (place, shift) = schedule[step]
      let word = raw.loadUnaligned(fromByteOffset: start + place * 4, as: UInt32.self).littleEndian
      let mixed: UInt32
      switch step / 16 {
      case 0: mixed = (b & c) | (~b & d)
      case 1: mixed = (d & b) | (~d & c)
      case 2: mixed = b ^ c ^ d
      default: mixed = c ^ (b | ~d)
      }
      let sum = a &+ mixed &+ table[step] &+ word
      (a, d, c, b) = (d, c, b, b &+ (sum << shift | sum >> (32 - shift)))
    }
    state[0] = state[0] &+ a
    state[1] = state[1] &+ b
    state[2] = state[2] &+ c
    state[3] = state[3] &+ d
  }
}
