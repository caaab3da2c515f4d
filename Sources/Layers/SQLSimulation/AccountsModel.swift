public import RoostSimulation

/// What sessions do to a few counters, accounts and claims, in transactions, and what these answer when they come one after the
/// other. A history that it explains in an order which agrees with time is strictly serializable: each transaction is one
/// operation on one object, all the rows together.
public struct AccountsModel: SequentialModel {
  public struct State: Hashable, Sendable {
    public var counters: [Int]
    public var accounts: [Int]
    /// Whether there is a row with the key.
    public var claims: [Bool]
  }

  /// A transaction, of one statement or of a block.
  public enum Input: Hashable, Sendable {
    /// Adds one, and reads what comes of it.
    case increment(counter: Int)
    case read(counter: Int)
    /// Sets a counter if it holds what is expected, and tells whether it did (1 or 0).
    case compareAndSet(counter: Int, expected: Int, value: Int)
    /// Reads a counter, and sets another one to one more. Two of them in opposite directions tell snapshots from
    /// serializability.
    case copy(from: Int, to: Int)
    /// Reads an account, takes an amount from it and gives it to another one.
    case transfer(from: Int, to: Int, amount: Int)
    case readAccounts
    /// Reads a counter, and then all accounts.
    case readBoth(counter: Int)
    /// Inserts the row with a key, and tells whether it could (1), or was there already (0).
    case claim(Int)
    /// Deletes the row with a key, and tells whether it was there (1 or 0).
    case release(Int)
  }

  /// What is judged by itself: transactions reach over all counters and accounts, but none touches a claim and anything else.
  public enum Partition: Hashable, Comparable, Sendable, CustomStringConvertible {
    case balances
    case claim(Int)
    public var description: String {
      switch self {
      case .balances: "counters and accounts"
      case .claim(let key): "claim \(key)"
      }
    }
  }

  public let initial: State

  public init(counters: Int, accounts: Int, balance: Int, claims: Int) {
    initial = State(
      counters: [Int](repeating: 0, count: counters), accounts: [Int](repeating: balance, count: accounts),
      claims: [Bool](repeating: false, count: claims))
  }

  public func partition(of input: Input) -> Partition {
    switch input {
    case .claim(let key), .release(let key): .claim(key)
    default: .balances
    }
  }

  /// - Parameter output: the numbers that the transaction has read or told, in order.
  public func step(_ state: State, _ input: Input, _ output: [Int]?) -> State? {
    var next = state
    let seen: [Int]
    switch input {
    case .increment(let counter):
      next.counters[counter] += 1
      seen = [next.counters[counter]]
    case .read(let counter): seen = [state.counters[counter]]
    case .compareAndSet(let counter, let expected, let value):
      seen = [state.counters[counter] == expected ? 1 : 0]
      if seen == [1] { next.counters[counter] = value }
    case .copy(let from, let to):
      seen = [state.counters[from]]
      next.counters[to] = state.counters[from] + 1
    case .transfer(let from, let to, let amount):
      seen = [state.accounts[from]]
      next.accounts[from] -= amount
      next.accounts[to] += amount
    case .readAccounts: seen = state.accounts
    case .readBoth(let counter): seen = [state.counters[counter]] + state.accounts
    case .claim(let key):
      seen = [state.claims[key] ? 0 : 1]
      next.claims[key] = true
    case .release(let key):
      seen = [state.claims[key] ? 1 : 0]
      next.claims[key] = false
    }
    return output == nil || output == seen ? next : nil
  }
}
