import RoostRelational
import RoostStore

/// What a user is told about a failure of the store: the one place where SQLSTATEs for it are chosen.
enum StoreErrorMapping {
  /// The error of a wait for the store, which the statement's own cancellation may have ended.
  static func error(_ error: StoreError, endedBy reason: CancellationFlag.Reason?) -> SQLError {
    switch (error, reason) {
    case (.cancelled, let reason?): reason.error
    case (.unknownOutcome, let reason?):
      SQLError(
        "40003", "\(reason.error.message) while its commit waits for a majority: the outcome is unknown",
        detail: "The commit was proposed, and takes effect if a majority of the nodes comes to hold it.",
        hint: "Check whether the transaction took effect before running it again.")
    default: self.error(error)
    }
  }

  static func error(_ error: StoreError) -> SQLError {
    switch error {
    case .conflict:
      SQLError(
        "40001", "could not serialize access due to read/write dependencies among transactions",
        hint: "The transaction might succeed if retried.")
    case .noQuorum(let group, let missing):
      SQLError(
        "57P03", "partition \(group) has no leader that reaches a quorum",
        detail: missing.isEmpty ? nil : "Nodes that do not answer: \(missing.joined(separator: ", ")).",
        hint:
          "Try again when a majority of its nodes is running. SET roost.read_level = stale reads what this node has.")
    case .unknownOutcome:
      SQLError(
        "40003", "the connection to the leader was lost during commit: the outcome is unknown",
        hint: "Check whether the transaction took effect before running it again.")
    case .timedOut:
      SQLError(
        "57P03", "the time limit passed before the request was accepted",
        hint: "The cluster may be electing a leader or overloaded. Try again.")
    case .cancelled: SQLError("57014", "canceling statement due to user request")
    case .tooLarge(let what, let size, let limit):
      SQLError(
        "54000", "\(what) of \(size) bytes is over the limit of \(limit) bytes",
        hint: "Split the work into several transactions.")
    case .overloaded: SQLError("57P03", "\(error)", hint: "Try again after a while, or use another node.")
    case .leaderChanged: SQLError("57P03", "\(error)")
    case .notServing, .noReplica: SQLError("57P03", "\(error)", hint: "Use another node, or try again.")
    case .readOnly:
      SQLError(
        "25006", "\(error)", hint: "Reads at a stale level can't write. SET roost.read_level = linearizable.")
    case .noPartition, .wrongPartition, .unexpectedAnswer: SQLError("XX000", "\(error)")
    case .diskFull(let node):
      SQLError(
        "53100", "could not write: the disk of node \(node) is full",
        hint:
          "Free space on that disk, or remove rows: DELETE, TRUNCATE and DROP go on. So do reads, and writes come back "
          + "by themselves.")
    case .leftBehind(let node):
      SQLError(
        "53100", "could not read: node \(node) can't follow the others, for its disk is full",
        hint: "Free space on that disk, or use another node. SET roost.read_level = stale reads what this node has.")
    case .diverged(let group, let node):
      SQLError(
        "XX001", "what node \(node) holds of partition \(group) contradicts what the others have committed",
        hint: "Use another node, and see roost status.")
    case .outOfMemory(let limit): .outOfNodeMemory("for the writes of a transaction", limit: limit)
    case .tooOld:
      SQLError(
        "72000", "snapshot too old: the transaction has been open longer than old versions are kept",
        hint: "Run it again, or raise cluster.retention.")
    case .keyNotOpen: SQLError("XX000", "\(error)")
    case .storage(let reason): SQLError("58030", "the state engine failed: \(reason)")
    case .finished: SQLError("25P01", "the transaction is already finished")
    }
  }

  /// Runs work on the store and reports its failure as SQL does.
  @inline(__always)
  static func run<Result>(_ body: () throws(StoreError) -> Result) throws(SQLError) -> Result {
    do throws(StoreError) { return try body() } catch { throw self.error(error) }
  }
}

extension SQLError {
  /// Whether running the same transaction again may succeed without anybody changing anything.
  var isConflict: Bool { code == "40001" }

  /// Whether it may follow from what was read: not from want of resources, limits, operators' orders or a conflict.
  var dependsOnData: Bool { !["25", "40", "53", "54", "57", "58"].contains(code.prefix(2)) }
}

// What SQL asks of a transaction, failing as SQL does.
extension Transaction {
  func value(of key: Key) async throws(SQLError) -> [UInt8]? {
    do throws(StoreError) { return try await get(key) } catch { throw StoreErrorMapping.error(error) }
  }

  func values(ofFirst keys: ArraySlice<Key>) async throws(SQLError) -> [[UInt8]?] {
    do throws(StoreError) { return try await get(first: keys) } catch { throw StoreErrorMapping.error(error) }
  }

  func holds(_ keys: [Key]) async throws(SQLError) -> [Bool] {
    do throws(StoreError) { return try await contains(keys) } catch { throw StoreErrorMapping.error(error) }
  }

  func pairs(of range: KeyRange, reverse: Bool = false) throws(SQLError) -> Scan {
    do throws(StoreError) { return try scan(range, reverse: reverse) } catch { throw StoreErrorMapping.error(error) }
  }

  func set(_ key: Key, _ value: [UInt8]) throws(SQLError) {
    do throws(StoreError) { try put(key, value) } catch { throw StoreErrorMapping.error(error) }
  }

  func remove(_ key: Key) throws(SQLError) {
    do throws(StoreError) { try delete(key) } catch { throw StoreErrorMapping.error(error) }
  }
}

extension Transaction.Scan {
  func nextPairs(_ limit: Int = 256) async throws(SQLError) -> [KeyValue] {
    do throws(StoreError) { return try await next(limit) } catch { throw StoreErrorMapping.error(error) }
  }
}
