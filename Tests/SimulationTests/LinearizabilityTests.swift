import RoostPlatform
import RoostSimulation
import Testing

@Suite("Linearizability: judging what clients saw")
struct LinearizabilityTests {
  typealias Recorded = History<KeyValueModel.Input, KeyValueModel.Output>
  private let checker = LinearizabilityChecker(KeyValueModel())

  /// One event per word: `1w5` process 1 begins to write 5, `1r` to read, `1c5,6` to swap 5 for 6; `1=5` it read 5,
  /// `1=-` nothing, `1ok`, `1yes` and `1no` end a write or a swap, `1fail` it was not done, `1?` nobody knows.
  private func history(_ script: String, key: UInt8 = 0) -> Recorded {
    var history = Recorded()
    var open: [Int: Recorded.OperationID] = [:]
    for word in script.split(separator: " ") {
      let process = Int(String(word.first!))!
      let rest = word.dropFirst()
      func bytes(_ text: Substring) -> [UInt8] { Array(text.utf8) }
      func invoke(_ action: KeyValueModel.Action) {
        open[process] = history.invoke(process: process, KeyValueModel.Input(key: [key], action))
      }
      switch rest.first! {
      case "w": invoke(.put(bytes(rest.dropFirst())))
      case "a": invoke(.append(bytes(rest.dropFirst())))
      case "d": invoke(.delete)
      case "r": invoke(.get)
      case "c":
        let parts = rest.dropFirst().split(separator: ",")
        invoke(.compareAndSet(expected: parts[0] == "-" ? nil : bytes(parts[0]), value: bytes(parts[1])))
      case "=": history.ok(open[process]!, .value(rest.dropFirst() == "-" ? nil : bytes(rest.dropFirst())))
      case "o": history.ok(open[process]!, .done)
      case "y": history.ok(open[process]!, .swapped(true))
      case "n": history.ok(open[process]!, .swapped(false))
      case "f": history.fail(open[process]!)
      default: history.info(open[process]!)
      }
    }
    return history
  }

  @Test(arguments: [
    "", "1r 1=-", "1w5 1ok 2r 2=5", "1w5 2r 2=- 1ok", "1w5 2r 2=5 1ok",
    // Concurrent writes may take either order, as long as all readers agree.
    "1w5 2w6 1ok 2ok 3r 3=5 3r 3=5", "1w5 2w6 1ok 2ok 3r 3=6 4r 4=6",
    // A write of unknown outcome may show up late, or never.
    "1w5 1? 2r 2=- 2r 2=5 2r 2=5", "1w5 1? 2r 2=-", "1w5 2r 2=- 2r 2=5", "1w5 1? 2w6 2ok 2r 2=6 2r 2=5",
    "1w5 1fail 2r 2=-", "1c-,5 1yes 2c5,6 2yes 3r 3=6", "1w5 1ok 1c4,6 1no 1r 1=5", "1w5 1ok 2c5,6 2? 3r 3=5 3r 3=6",
    "1w5 1ok 1d 1ok 1r 1=-", "1a5 2a6 1ok 2ok 3r 3=65", "1c-,5 2c-,6 1yes 2no",
  ])
  func explainable(_ script: String) {
    #expect(checker.check(history(script)) == .linearizable)
  }

  @Test(arguments: [
    "1r 1=5", "1w5 1ok 2r 2=-", "1w5 1ok 2w6 2ok 3r 3=5",
    // Readers that disagree on the order.
    "1w5 2w6 1ok 2ok 3r 3=5 3r 3=6 3r 3=5", "1w5 2r 2=5 2r 2=- 1ok",
    // What was certainly not done was seen.
    "1w5 1fail 2r 2=5", "1w5 1? 2r 2=5 2r 2=-", "1c-,5 1yes 2c-,6 2yes", "1w5 1ok 1c5,6 1no",
    "1w5 1? 2c5,6 2yes 2c5,7 2yes",
    "1a5 1ok 2a6 2ok 3r 3=65", "1c-,5 2c-,6 1no 2no",
  ])
  func inexplicable(_ script: String) {
    guard case .violation = checker.check(history(script)) else {
      Issue.record("\(script) was accepted")
      return
    }
  }

  @Test func keysAreJudgedApartAndTheBadOneIsNamed() {
    var both = Recorded()
    for key in [1, 2] as [UInt8] {
      let write = both.invoke(process: 1, .init(key: [key], .put([7])))
      both.ok(write, .done)
      let read = both.invoke(process: 1, .init(key: [key], .get))
      both.ok(read, .value(key == 1 ? [7] : nil))
    }
    guard case .violation(let partition) = checker.check(both) else {
      Issue.record("a lost write was accepted")
      return
    }
    #expect(partition.contains("u0002"))
  }

  @Test func tooManyConfigurationsAreUnknown() {
    var hard = Recorded()
    for process in 0..<12 { _ = hard.invoke(process: process, .init(key: [0], .append([UInt8(process)]))) }
    let read = hard.invoke(process: 99, .init(key: [0], .get))
    hard.ok(read, .value([200]))
    #expect(LinearizabilityChecker(KeyValueModel(), configurationLimit: 1000).check(hard) == .unknown)
  }

  /// Against a search without any cleverness: every order of small random histories.
  @Test func agreesWithTryingEveryOrder() {
    var generator = SeededGenerator(seed: 99)
    var verdicts: [Bool: Int] = [:]
    for _ in 0..<2000 {
      let history = randomHistory(&generator)
      let expected = someOrderExplains(history)
      verdicts[expected, default: 0] += 1
      #expect((checker.check(history) == .linearizable) == expected, "\(history)")
    }
    #expect(verdicts[true, default: 0] > 200 && verdicts[false, default: 0] > 200)
  }

  private func randomHistory(_ generator: inout SeededGenerator) -> Recorded {
    var history = Recorded()
    var open: [(id: Recorded.OperationID, action: KeyValueModel.Action)] = []
    var begun = 0
    while begun < 6 || !open.isEmpty {
      if begun < 6, open.count < 3, open.isEmpty || generator.chance(0.6) {
        let value: [UInt8] = [UInt8(generator.below(2))]
        let action: KeyValueModel.Action =
          switch generator.below(3) {
          case 0: .get
          case 1: .put(value)
          default: .compareAndSet(expected: [UInt8(generator.below(2))], value: value)
          }
        open.append((history.invoke(process: begun, .init(key: [0], action)), action))
        begun += 1
      } else {
        let (id, action) = open.remove(at: generator.below(open.count))
        switch (generator.below(8), action) {
        case (0, _): history.info(id)
        case (1, _): history.fail(id)
        case (_, .get): history.ok(id, .value(generator.chance(0.2) ? nil : [UInt8(generator.below(2))]))
        case (_, .put): history.ok(id, .done)
        default: history.ok(id, .swapped(generator.chance(0.5)))
        }
      }
    }
    return history
  }

  private func someOrderExplains(_ history: Recorded) -> Bool {
    let model = KeyValueModel()
    var certain: [Recorded.Operation] = []
    var uncertain: [Recorded.Operation] = []
    for operation in history.operations {
      switch operation.outcome {
      case .ok: certain.append(operation)
      case .unknown: uncertain.append(operation)
      case .failed: break
      }
    }
    func explain(_ state: [UInt8]?, _ left: [Recorded.Operation]) -> Bool {
      let needed = left.filter { if case .ok = $0.outcome { true } else { false } }
      if needed.isEmpty { return true }
      let firstEnd = needed.map { $0.end! }.min()!
      for (index, operation) in left.enumerated() where operation.begin < firstEnd {
        var output: KeyValueModel.Output?
        if case .ok(let seen) = operation.outcome { output = seen }
        guard let next = model.step(state, operation.input, output) else { continue }
        var rest = left
        rest.remove(at: index)
        if explain(next, rest) { return true }
      }
      return false
    }
    return explain(nil, certain + uncertain)
  }

  @Test(.enabled(if: HistoryVectors.folder != nil, "needs the folder histories of others' vectors (ROOST_VECTORS)"))
  func judgesRecordedHistoriesAsTheirVerdictsSay() throws {
    let folder = try #require(HistoryVectors.folder)
    let verdicts = try HistoryVectors.verdicts(in: folder)
    #expect(!verdicts.isEmpty)
    for (file, linearizable) in verdicts {
      let recorded = try HistoryVectors.read(folder + "/" + file)
      #expect(recorded.history.operations.count > 10, "\(file)")
      let verdict = LinearizabilityChecker(recorded.model).check(recorded.history)
      #expect(verdict != .unknown, "\(file)")
      #expect((verdict == .linearizable) == linearizable, "\(file)")
    }
  }
}
