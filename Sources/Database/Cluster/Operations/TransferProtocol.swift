extension ClusterChannels {
  public static let transfer = ClusterChannel<TransferRequest, TransferResponse>(66)
}

/// Asks a node to give leadership away, of one partition or of all that it leads.
public struct TransferRequest: Codable, Sendable {
  /// The name of the node that is to lead.
  public var target: String
  /// Nil for all.
  public var partition: UInt64?

  public init(target: String, partition: UInt64?) {
    self.target = target
    self.partition = partition
  }
}

/// The answer, when all is over. Field names are the JSON keys of `roost transfer --json`.
public enum TransferResponse: Codable, Sendable {
  case done([Transfer])
  case refused(reason: String)

  public struct Transfer: Codable, Sendable {
    public var partition: UInt64
    public var from: String
    public var to: String
    /// From the order until the old leader heard from the new one.
    public var milliseconds: Double
    /// Why it failed; nil if it did not.
    public var error: String?
  }
}
