import RoostBase
import RoostPlatform

/// Bulk commits on their way to their leaders: sent in parts, with a window of bytes that are sent and not yet acknowledged.
/// The answer comes like that to any request.
///
/// The leader can commit one once it has all parts. What ends before that certainly did not happen: a broken connection,
/// a transfer that stands still, a caller that gives up.
struct BulkSender {
  private struct Transfer {
    let node: NodeID
    let request: BulkRequest
    /// Slices that were sent, and that the leader has.
    var sent = 0
    var arrived = 0
    var bytesInFlight = 0
    var isRetryArmed = false
    /// When the leader last said that it has got further.
    var lastProgress: Instant

    var isSent: Bool { sent == request.slices.count }
  }

  private let window: Int
  private var transfers: [UInt64: Transfer] = [:]

  /// After so long without progress slices were lost with a connection of the bulk lane, of which nobody is told.
  private static let patience = Duration.seconds(2)

  /// - Parameter window: in bytes; at least one slice is always under way.
  init(window: Int) { self.window = window }

  mutating func begin(_ request: BulkRequest, as id: UInt64, to node: NodeID, now: Instant) {
    transfers[id] = Transfer(node: node, request: request, lastProgress: now)
  }

  /// The slice that the window allows to be sent next, as a payload, and to whom; nil if there is none.
  func next(of id: UInt64) -> (part: [UInt8], node: NodeID)? {
    guard let transfer = transfers[id], !transfer.isSent, transfer.bytesInFlight < window else { return nil }
    return (BulkPart.slice(id, transfer.sent, transfer.request.slices[transfer.sent]), transfer.node)
  }

  /// It was sent. True if it was the last one.
  mutating func noteSent(_ id: UInt64) -> Bool {
    guard let transfer = transfers[id] else { return false }
    transfers[id]?.bytesInFlight += transfer.request.slices[transfer.sent].count
    transfers[id]?.sent += 1
    return transfers[id]?.isSent == true
  }

  /// A slice found the lane full. False if it is to be tried again already.
  mutating func armRetry(_ id: UInt64) -> Bool {
    guard transfers[id]?.isRetryArmed == false else { return false }
    transfers[id]?.isRetryArmed = true
    return true
  }

  mutating func retries(_ id: UInt64) { transfers[id]?.isRetryArmed = false }

  /// The leader has so many slices. False if that is no news, or none of its business.
  mutating func acknowledge(_ id: UInt64, slices: Int, by node: NodeID, now: Instant) -> Bool {
    guard let transfer = transfers[id], transfer.node == node, slices > transfer.arrived, slices <= transfer.sent else {
      return false
    }
    for slice in transfer.request.slices[transfer.arrived..<slices] { transfers[id]?.bytesInFlight -= slice.count }
    transfers[id]?.arrived = slices
    transfers[id]?.lastProgress = now
    return true
  }

  /// Ends a transfer, if there is one. Returns who has to be told that no more comes; nil if nobody has.
  mutating func end(_ id: UInt64) -> NodeID? {
    guard let transfer = transfers.removeValue(forKey: id), !transfer.isSent else { return nil }
    return transfer.node
  }

  /// Whether a transfer has stood still for so long that it is to begin anew.
  func isStuck(_ id: UInt64, _ now: Instant) -> Bool {
    guard let transfer = transfers[id] else { return false }
    return transfer.lastProgress + BulkSender.patience <= now
  }
}
