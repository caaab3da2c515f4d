import Testing

@testable import RoostTransport

@Suite("When to dial") struct DialMachineTests {
  private func machine(seed: UInt64 = 1) -> DialMachine {
    DialMachine(minimum: .milliseconds(10), maximum: .seconds(1), seed: seed)
  }

  private func wait(_ action: DialMachine.Action) -> Duration? {
    if case .wait(let duration, _) = action { duration } else { nil }
  }

  @Test func waitsLongerAfterEachFailureUpToTheMaximum() {
    for seed in 0..<50 as Range<UInt64> {
      var machine = machine(seed: seed)
      #expect(machine.start() == .dial(attempt: 1))
      var full: Duration = .milliseconds(10)
      for attempt in 1...100 as ClosedRange<UInt64> {
        guard let wait = wait(machine.failed(attempt)) else {
          Issue.record("no wait after failure \(attempt)")
          return
        }
        #expect(wait >= full / 2 && wait < full)
        full = min(full * 2, .seconds(1))
        #expect(machine.due(attempt) == .dial(attempt: attempt + 1))
      }
    }
  }

  @Test func twoNodesDoNotWaitAlike() {
    var (one, two) = (machine(seed: 1), machine(seed: 2))
    _ = one.start()
    _ = two.start()
    #expect(one.failed(1) != two.failed(1))
  }

  @Test func aProvenConnectionBeginsAnew() {
    var machine = machine()
    _ = machine.start()
    for attempt in 1...10 as ClosedRange<UInt64> {
      _ = machine.failed(attempt)
      _ = machine.due(attempt)
    }
    #expect(machine.established(11) == true)
    machine.proved()
    #expect(wait(machine.lost(11)).map { $0 < .milliseconds(10) } == true)
  }

  @Test func aConnectionLostBeforeItProvedItselfIsAFailure() {
    var machine = machine()
    _ = machine.start()
    var last: Duration = .zero
    for attempt in 1...20 as ClosedRange<UInt64> {
      #expect(machine.established(attempt) == true)
      last = wait(machine.lost(attempt)) ?? .zero
      _ = machine.due(attempt)
    }
    #expect(last >= .milliseconds(500))
  }

  @Test func aCallOfTheNodeEndsTheWait() {
    var machine = machine()
    #expect(machine.nodeCalled() == .none)
    _ = machine.start()
    #expect(machine.nodeCalled() == .none)
    _ = machine.failed(1)
    #expect(machine.nodeCalled() == .dial(attempt: 2))
    #expect(machine.due(1) == .none)
    #expect(machine.established(2) == true)
    #expect(machine.nodeCalled() == .none)
  }

  @Test func whatIsReportedOfAnEarlierAttemptChangesNothing() {
    var machine = machine()
    _ = machine.start()
    #expect(machine.start() == .dial(attempt: 2))
    #expect(machine.established(1) == false)
    #expect(machine.failed(1) == .none)
    #expect(machine.established(2) == true)
    #expect(machine.lost(1) == .none)
    #expect(machine.failed(2) == .none)
    #expect(machine.isConnected)
    machine.stop()
    #expect(machine.lost(2) == .none)
    #expect(machine.nodeCalled() == .none)
    #expect(!machine.isConnected)
  }
}
