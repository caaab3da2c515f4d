import Testing

@testable import RoostStore

@Suite("Write buffer")
struct WriteBufferTests {
  @Test("agrees with a dictionary, in ascending and random order", arguments: 0..<6)
  func model(seed: UInt64) {
    var generator = TestGenerator(seed: seed)
    var buffer = WriteBuffer()
    var model: [Key: [UInt8]?] = [:]
    for step in 0..<3000 {
      let number = seed % 2 == 0 ? step : generator.below(2000)
      let key = Key([UInt8(number >> 8), UInt8(number & 0xFF)])
      let value: [UInt8]? = generator.below(4) == 0 ? nil : [UInt8(truncatingIfNeeded: generator.next())]
      buffer.set(key, to: value)
      model[key] = .some(value)
    }
    let sorted = model.keys.sorted()
    #expect(buffer.all.map(\.key) == sorted)
    #expect(buffer.count == model.count)
    #expect(buffer.byteCount == model.reduce(0) { $0 + $1.key.bytes.count + ($1.value?.count ?? 0) })
    for key in sorted { #expect(buffer[key]?.value == model[key] ?? nil) }
    for _ in 0..<200 {
      let number = generator.below(4000)
      let key = Key([UInt8(number >> 8), UInt8(number & 0xFF)])
      #expect(buffer.first(from: key)?.key == sorted.first { !($0 < key) })
      #expect(buffer.first(from: key, excluding: true)?.key == sorted.first { key < $0 })
      #expect(buffer.last(before: key)?.key == sorted.last { $0 < key })
    }
  }
}
