/// One run of a node, from start to end: what tells a node apart from the node it was before, and from another process
/// that uses the same name.
///
/// The epoch counts the starts of a data directory and is durable before the node says anything, so it never goes back
/// unless the directory did. The nonce is drawn anew at every start, so two copies of one directory that count alike
/// still differ.
public struct Incarnation: Hashable, Sendable {
  public var epoch: UInt64
  public var nonce: UInt64

  public init(epoch: UInt64, nonce: UInt64) {
    self.epoch = epoch
    self.nonce = nonce
  }

  private static let nonceBits: UInt64 = 20

  /// The epoch above twenty bits of the nonce: short on the wire, and greater for a later start.
  public var tag: Tag { Tag(epoch << Incarnation.nonceBits | nonce & ((1 << Incarnation.nonceBits) - 1)) }

  /// An incarnation as it travels with every payload.
  public struct Tag: Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public var epoch: UInt64 { rawValue >> Incarnation.nonceBits }

    public static func < (left: Tag, right: Tag) -> Bool { left.rawValue < right.rawValue }
  }
}
