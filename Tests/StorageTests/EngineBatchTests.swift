import RoostPlatform
import RoostStorage
import Testing

@Suite("Batches for the state engine")
struct EngineBatchTests {
  @Test("a batch gives back what was put into it", arguments: 0..<20 as Range<UInt64>)
  func givesBack(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    func bytes() -> [UInt8] {
      (0..<Int.random(in: 0...300, using: &generator)).map { _ in UInt8.random(in: 0...3, using: &generator) }
    }
    var whole = EngineBatch()
    var put: [EngineBatch.Operation] = []
    for _ in 0..<5 {
      var part = EngineBatch()
      for _ in 0..<Int.random(in: 0...20, using: &generator) {
        let operation: EngineBatch.Operation =
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: .delete(key: bytes())
          case 1: .deleteRange(lower: bytes(), upper: bytes())
          default: .put(key: bytes(), value: bytes())
          }
        part.append(operation)
        put.append(operation)
      }
      whole.append(part)
    }
    #expect(whole.operations == put)
    #expect(whole.isEmpty == put.isEmpty)
    whole.removeAll()
    #expect(whole.isEmpty && whole.operations.isEmpty)
  }

  @Test(
    "a version's key and value are those of its encoding",
    arguments: [[], [0], [1, 0, 0, 2], [255, 7]] as [[UInt8]])
  func versions(key: [UInt8]) {
    var batch = EngineBatch()
    batch.putVersion(key, at: 77, [1, 2, 3])
    batch.putVersion(key, at: 78, nil)
    #expect(
      batch.operations == [
        .put(key: VersionKey.encode(key, at: 77), value: VersionValue.encode([1, 2, 3])),
        .put(key: VersionKey.encode(key, at: 78), value: VersionValue.encode(nil)),
      ])
  }
}
