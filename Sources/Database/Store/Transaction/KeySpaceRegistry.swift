/// Which layer owns which part of the key space, and who may reach it from outside.
///
/// | prefix | owner | native clients |
/// |---|---|---|
/// | `00` | the cluster's records: nodes (`00 'n'`), partitions (`00 'p'`, `00 'f'`), counters | no |
/// | `01 'S'` | SQL: catalogue, rows, indexes of tenant 1 | no |
/// | `01 'K'` | key-value pairs of tenant 1, beside the tables | yes |
/// | `02` slot slot | key-value pairs in partitions of their own | yes |
///
/// A layer declares its prefix, `[tenant][layer]`, when a node is put together. Two that overlap are refused, before
/// anything is served: one would read the other's keys as its own. Keys that nobody declared are for nobody.
///
/// Native clients reach what is open to them and nothing else, whatever they ask: values, scans, writes, and what a commit
/// says it has read. What a node forwards for its own layers is not looked at again.
public struct KeySpaceRegistry: Sendable {
  private let declarations: [KeySpaceDeclaration]
  /// The prefixes that are open to clients: looked at with every request of one.
  private let open: [KeySpaceDeclaration]

  /// - Throws: ``KeySpaceConflict`` if two declarations overlap, or one has no prefix.
  public init(_ declarations: [KeySpaceDeclaration]) throws(KeySpaceConflict) {
    let sorted = declarations.sorted { $0.prefix < $1.prefix }
    for (one, next) in zip(sorted, sorted.dropFirst()) where next.owns(one.prefix) || one.owns(next.prefix) {
      throw KeySpaceConflict(first: one, second: next)
    }
    // It would be everybody's.
    if let all = sorted.first(where: \.prefix.bytes.isEmpty) { throw KeySpaceConflict(first: all, second: all) }
    self.declarations = sorted
    open = sorted.filter(\.isOpenToClients)
  }

  private init(unchecked declarations: [KeySpaceDeclaration]) {
    self.declarations = declarations
    open = declarations.filter(\.isOpenToClients)
  }

  /// What every node has, without the layers above.
  public static let standard = KeySpaceRegistry(unchecked: [.cluster, .keyValue, .keyValuePartitions])

  /// The pinned keys in a range.
  func pinnedKeys(in range: KeyRange) -> [Key] { declarations.flatMap(\.pinnedKeys).filter(range.contains) }

  /// Nil for a key that belongs to nobody.
  public func owner(of key: Key) -> String? { declarations.first { $0.owns(key) }?.owner }

  /// Refuses a key that a client may not touch.
  func requireOpen(_ key: Key) throws(StoreError) {
    for declaration in open where declaration.owns(key) { return }
    throw .keyNotOpen(key, owner: owner(of: key))
  }

  /// The part of a range that a client may read: from its lower bound to the end of the prefix that has it.
  func clamped(_ range: KeyRange) throws(StoreError) -> KeyRange {
    for declaration in open where declaration.owns(range.lower) {
      return KeyRange(range.lower, min(range.upper, declaration.range.upper))
    }
    throw .keyNotOpen(range.lower, owner: owner(of: range.lower))
  }

  /// Refuses a client's commit that touches, or says it has read, what is not the client's.
  func requireOpen(_ request: CommitRequest) throws(StoreError) {
    for write in request.writes { try requireOpen(write.key) }
    for key in request.readKeys { try requireOpen(key) }
    for range in request.readRanges where try clamped(range) != range {
      throw .keyNotOpen(range.upper, owner: owner(of: range.upper))
    }
  }
}

/// A layer's claim to all keys with a prefix.
public struct KeySpaceDeclaration: Hashable, Sendable, CustomStringConvertible {
  /// In words for operators: "SQL".
  public var owner: String
  public var prefix: Key
  /// Whether native clients may read and write it.
  public var isOpenToClients: Bool
  /// Keys that nearly every transaction reads and hardly any writes: views have their values at hand.
  public var pinnedKeys: [Key]

  /// - Parameters:
  ///   - prefix: not empty, and not of 0xFF bytes only.
  ///   - pinnedKeys: few, and all with the prefix.
  public init(owner: String, prefix: [UInt8], isOpenToClients: Bool = false, pinnedKeys: [Key] = []) {
    precondition(pinnedKeys.allSatisfy { $0.bytes.starts(with: prefix) }, "a pinned key of another layer")
    self.owner = owner
    self.prefix = Key(prefix)
    self.isOpenToClients = isOpenToClients
    self.pinnedKeys = pinnedKeys
  }

  public static let cluster = KeySpaceDeclaration(owner: "the cluster's records", prefix: [0x00])
  public static let keyValue = KeySpaceDeclaration(
    owner: "key-value pairs", prefix: [0x01, UInt8(ascii: "K")], isOpenToClients: true)
  public static let keyValuePartitions = KeySpaceDeclaration(
    owner: "key-value partitions", prefix: [0x02], isOpenToClients: true)

  public var range: KeyRange { KeyRange(prefix: prefix) }

  @inline(__always)
  func owns(_ key: Key) -> Bool { key.bytes.starts(with: prefix.bytes) }

  public var description: String { "\(prefix) (\(owner))" }
}

/// Two layers claim the same keys.
public struct KeySpaceConflict: Error, Hashable, Sendable, CustomStringConvertible {
  public var first: KeySpaceDeclaration
  public var second: KeySpaceDeclaration

  public var description: String {
    first == second
      ? "\(first.owner) declares keys that overlap with all or the same again: \(first.prefix)"
      : "two layers claim the same keys: \(first) and \(second)"
  }
}
