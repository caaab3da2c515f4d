/// Whether a history is linearizable: whether each operation can be given one instant between its beginning and its end
/// so that the outputs are those of a sequential object.
///
/// The search is Wing and Gong's (1993) with Lowe's memory of failed configurations (2017): take any operation that
/// began before the first end still to come, let it take effect, go on; where nothing fits, undo. A configuration,
/// which is the set of operations done and the state they led to, is never tried twice.
///
/// An operation of unknown outcome may take effect at any time after its beginning, or never. Left at that, each would
/// double the configurations. But one whose effect makes no difference to the operation right after it may as well
/// never have taken effect; so it is tried last, and only kept if the next operation answers or ends up differently
/// because of it. Then unseen writes cost next to nothing.
public struct LinearizabilityChecker<Model: SequentialModel>: Sendable {
  public enum Verdict: Hashable, Sendable {
    case linearizable
    /// No order explains what clients saw, already among the operations of one partition.
    case violation(partition: String)
    /// Too many configurations; nothing is known.
    case unknown
  }

  public var model: Model
  /// How many configurations one partition may need; bounds time and memory without a clock.
  public var configurationLimit: Int

  public init(_ model: Model, configurationLimit: Int = 2_000_000) {
    self.model = model
    self.configurationLimit = configurationLimit
  }

  public func check(_ history: History<Model.Input, Model.Output>) -> Verdict {
    var partitions: [Model.Partition: [History<Model.Input, Model.Output>.Operation]] = [:]
    for operation in history.operations {
      if case .failed = operation.outcome { continue }
      partitions[model.partition(of: operation.input), default: []].append(operation)
    }
    var verdict = Verdict.linearizable
    for (partition, operations) in partitions.sorted(by: { $0.key < $1.key }) {
      let transitions = Transitions(model, operations)
      var search = LinearizationSearch(
        operations.map { operation in
          guard case .ok = operation.outcome, let end = operation.end else { return (operation.begin, nil) }
          return (operation.begin, end)
        }, limit: configurationLimit, step: transitions.step)
      switch search.run() {
      case true?: continue
      case false?: return .violation(partition: "\(partition)")
      case nil: verdict = .unknown
      }
    }
    return verdict
  }
}

/// The model with its states numbered, so that the search compares numbers and asks for each step once.
private final class Transitions<Model: SequentialModel> {
  private let model: Model
  private let inputs: [Model.Input]
  private let outputs: [Model.Output?]
  private var states: [Model.State]
  private var numbers: [Model.State: Int]
  /// By state and operation: the number of the next state, or the mark below. Few of all pairs are asked for.
  private var known: [Int: Int] = [:]
  private static var impossible: Int { -1 }

  init(_ model: Model, _ operations: [History<Model.Input, Model.Output>.Operation]) {
    self.model = model
    inputs = operations.map(\.input)
    outputs = operations.map { if case .ok(let output) = $0.outcome { output } else { nil } }
    states = [model.initial]
    numbers = [model.initial: 0]
  }

  /// The number of the state that an operation leads to; 0 is the initial one.
  func step(_ state: Int, _ operation: Int) -> Int? {
    let place = state * inputs.count + operation
    if let next = known[place] { return next == Self.impossible ? nil : next }
    let next = model.step(states[state], inputs[operation], outputs[operation]).map(number)
    known[place] = next ?? Self.impossible
    return next
  }

  private func number(_ state: Model.State) -> Int {
    if let number = numbers[state] { return number }
    states.append(state)
    numbers[state] = states.count - 1
    return states.count - 1
  }
}
