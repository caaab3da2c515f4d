import RoostBase
import RoostPlatform
import RoostStorage
import Testing

@testable import RoostStore

@Suite("Bulk commits that come from other nodes")
struct BulkReceiverTests {
  private static let group = GroupID(2)
  private static let start = Instant.origin + .seconds(100)
  private static let source = BulkReceiver.Source(node: NodeID(2), id: 7)

  private func request(bytes: Int = 30) -> BulkRequest {
    BulkRequest(
      readTimestamp: .zero, readKeys: [], readRanges: [], slices: [], byteCount: bytes, onlyRemoves: false)
  }

  private func begin(
    _ receiver: BulkReceiver, slices: Int = 3, from source: BulkReceiver.Source = source, at now: Instant = start
  ) throws -> BulkReceiver.Outcome {
    try receiver.begin(request(), in: BulkReceiverTests.group, slices: slices, from: source, now: now)
  }

  private func add(
    _ place: Int, to receiver: BulkReceiver, bytes: Int = 10, from source: BulkReceiver.Source = source,
    at now: Instant = start
  ) -> BulkReceiver.Outcome {
    receiver.add([UInt8](repeating: UInt8(place), count: bytes), at: place, from: source, now: now)
  }

  /// For comparison.
  private func name(_ outcome: BulkReceiver.Outcome) -> String {
    switch outcome {
    case .nothing: "nothing"
    case .credit(let slices): "credit \(slices)"
    case .whole(let whole): "whole \(whole.request.slices.map { "\($0[0])" }.joined())"
    case .refused(.outOfPlace): "out of place"
    case .refused(.failure(let error)): "\(error)"
    }
  }

  @Test("slices that come in order are credited, and make a whole")
  func order() throws {
    let receiver = BulkReceiver(limit: 1000)
    #expect(name(try begin(receiver)) == "nothing")
    #expect([0, 1, 2].map { name(add($0, to: receiver)) } == ["credit 1", "credit 2", "whole 012"])
    #expect(!receiver.hasWaiters)
  }

  @Test("a slice that is missing ends it, and so does one too many")
  func missingSlice() throws {
    let receiver = BulkReceiver(limit: 1000)
    _ = try begin(receiver)
    _ = add(0, to: receiver)
    #expect(name(add(2, to: receiver)) == "out of place")
    #expect(name(add(1, to: receiver)) == "out of place")
    #expect(!receiver.hasWaiters)
  }

  @Test("two senders, and two commits of one, do not meet")
  func apart() throws {
    let receiver = BulkReceiver(limit: 1000)
    let others = [BulkReceiver.Source(node: NodeID(2), id: 8), BulkReceiver.Source(node: NodeID(3), id: 7)]
    let all = [BulkReceiverTests.source] + others
    for source in all { _ = try begin(receiver, slices: 1, from: source) }
    for source in all { #expect(name(add(0, to: receiver, from: source)) == "whole 0") }
  }

  @Test("the same commit does not begin twice")
  func twice() throws {
    let receiver = BulkReceiver(limit: 1000)
    _ = try begin(receiver)
    #expect(throws: DecodingFailure.self) { try begin(receiver) }
  }

  @Test("what is whole takes room until it is decided")
  func room() throws {
    let receiver = BulkReceiver(limit: 25)
    _ = try begin(receiver, slices: 2)
    _ = add(0, to: receiver)
    guard case .whole(let whole) = add(1, to: receiver) else { return #expect(Bool(false), "not whole") }
    let other = BulkReceiver.Source(node: NodeID(3), id: 1)
    _ = try begin(receiver, slices: 1, from: other)
    #expect(name(add(0, to: receiver, from: other)) == "\(StoreError.overloaded(.requests))")
    receiver.end(whole)
    _ = try begin(receiver, slices: 1, from: other)
    #expect(name(add(0, to: receiver, from: other)) == "whole 0")
  }

  @Test("one that is too large is refused at its head")
  func tooLarge() throws {
    let receiver = BulkReceiver(limit: 1000)
    let request = request(bytes: BulkRequest.maximumBytes + 1)
    let outcome = try receiver.begin(
      request, in: BulkReceiverTests.group, slices: 1, from: BulkReceiverTests.source, now: BulkReceiverTests.start)
    guard case .refused(.failure(.tooLarge)) = outcome else { return #expect(Bool(false), "\(name(outcome))") }
    #expect(!receiver.hasWaiters)
  }

  @Test("what comes from a node is let go of with its connection, and gives its room back")
  func brokenConnection() throws {
    let receiver = BulkReceiver(limit: 20)
    _ = try begin(receiver)
    _ = add(0, to: receiver, bytes: 20)
    let other = BulkReceiver.Source(node: NodeID(3), id: 1)
    _ = try begin(receiver, slices: 2, from: other)
    receiver.drop(from: NodeID(2))
    #expect(name(add(0, to: receiver, bytes: 20, from: other)) == "credit 1")
    #expect(name(add(1, to: receiver)) == "out of place")
  }

  @Test("one of which no part comes for long is let go of; each part is a new beginning")
  func expiry() throws {
    let receiver = BulkReceiver(limit: 1000)
    _ = try begin(receiver)
    let later = BulkReceiverTests.start + (GroupHost.clientTimeLimit - .seconds(1))
    receiver.expire(later)
    #expect(name(add(0, to: receiver, at: later)) == "credit 1")
    receiver.expire(later + .seconds(2))
    #expect(receiver.hasWaiters)
    receiver.expire(later + GroupHost.clientTimeLimit)
    #expect(!receiver.hasWaiters)
  }
}

@Suite("Batches whose memory is used again")
struct SpareBatchesTests {
  @Test("what is given back comes again, empty")
  func empty() {
    var spare = SpareBatches()
    var batch = spare.take(expecting: 10)
    batch.put([1], [2])
    spare.giveBack(batch)
    #expect(spare.take(expecting: 10).isEmpty)
  }
}
