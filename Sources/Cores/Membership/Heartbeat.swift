/// What the two nodes of a pair tell each other at regular intervals: the only thing that is sent while nothing happens.
public struct Heartbeat: Hashable, Sendable {
  /// Who sends it: see ``Incarnation``.
  public var tag: Incarnation.Tag
  /// Counts this incarnation's heartbeats to this peer.
  public var sequence: UInt64
  /// The sequence of the last heartbeat that came from the receiver: proof that the way there works too.
  public var echo: UInt64
  /// The number of the last batch of the sender's log that is durable. It never goes back, unless the disk did. Until the
  /// receiver has echoed a heartbeat of this start, the last batch that the start found: what was written since must not
  /// make up for what is missing.
  public var watermark: UInt64
  public var condition: NodeCondition

  public init(
    tag: Incarnation.Tag, sequence: UInt64, echo: UInt64 = 0, watermark: UInt64 = 0, condition: NodeCondition = []
  ) {
    self.tag = tag
    self.sequence = sequence
    self.echo = echo
    self.watermark = watermark
    self.condition = condition
  }
}

/// What hinders a node, as it says itself.
public struct NodeCondition: OptionSet, Hashable, Sendable {
  public var rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Its disk has no room: it takes no writes, but for those that make room.
  public static let diskFull = NodeCondition(rawValue: 1)
  /// Its disk does not answer: it can't lead.
  public static let diskStalled = NodeCondition(rawValue: 2)
  /// Its disk has no room at all, the reserve is used up: it takes no writes, not even those that make room.
  public static let diskExhausted = NodeCondition(rawValue: 4)
  /// What it holds of some partition contradicts what the others have committed: it takes no part in that one.
  public static let diverged = NodeCondition(rawValue: 8)
}
