import RoostPlatform
import RoostRelational
import Testing

@testable import RoostPostgresWire

@Suite("Admission of SQL connections")
struct ConnectionAdmissionTests {
  private let near = ConnectionSource("127.0.0.1")
  private let far = ConnectionSource("10.0.0.2")
  private let other = ConnectionSource("10.0.0.3")
  private let limits = ConnectionAdmission.Limits(
    connections: 8, starting: 3, sessions: 4, reserved: 2, sessionsPerSource: 2)

  @Test("when too many are starting, the address that has most loses its oldest")
  func starting() {
    var admission = ConnectionAdmission(limits)
    #expect(admission.accept(1, from: other) == .admitted(insteadOf: nil))
    #expect(admission.accept(2, from: far) == .admitted(insteadOf: nil))
    #expect(admission.accept(3, from: far) == .admitted(insteadOf: nil))
    #expect(admission.accept(4, from: far) == .admitted(insteadOf: 2))
    #expect(admission.accept(5, from: far) == .admitted(insteadOf: 3))
    // Whoever had to go has no session any more, however late it asks.
    #expect(admission.begin(2, applicationName: nil)?.code == "53300")
    #expect(admission.begin(1, applicationName: nil) == nil)
    #expect(admission.accept(6, from: other) == .admitted(insteadOf: nil))
  }

  /// Opens a session; returns the message of its refusal.
  private func open(
    _ admission: inout ConnectionAdmission, _ id: UInt32, _ source: ConnectionSource, _ name: String? = nil
  ) -> String? {
    guard case .admitted = admission.accept(id, from: source) else { return "full" }
    let refusal = admission.begin(id, applicationName: name)
    if refusal != nil { admission.closed(id) }
    return refusal?.message
  }

  @Test("an address has its share of sessions, this machine has all, and administrators have more")
  func shares() {
    var admission = ConnectionAdmission(limits)
    #expect(open(&admission, 1, far) == nil)
    #expect(open(&admission, 2, far) == nil)
    #expect(open(&admission, 3, far) == "too many clients from 10.0.0.2")
    #expect(open(&admission, 4, far, "roost") == nil)
    // The reserved place is one more.
    #expect(open(&admission, 5, near) == nil)
    #expect(open(&admission, 6, near) == nil)
    #expect(open(&admission, 7, near) == "sorry, too many clients already")
    #expect(open(&admission, 8, near, "roost") == nil)
    #expect(open(&admission, 9, near, "roost") == "sorry, too many clients already")
    admission.closed(1)
    admission.closed(1)
    #expect(open(&admission, 10, far, "roost") == nil)
    #expect(open(&admission, 11, far, "roost") == "sorry, too many clients already")
    admission.closed(4)
    #expect(open(&admission, 12, far, "roost") == nil)
  }

  @Test("a name lets nobody have more than the places that are reserved")
  func reserved() {
    var limits = limits
    (limits.connections, limits.sessions) = (20, 10)
    var admission = ConnectionAdmission(limits)
    for id in 1...4 as ClosedRange<UInt32> { #expect(open(&admission, id, far, "roost") == nil) }
    #expect(open(&admission, 5, far, "roost") == "too many clients from 10.0.0.2")
    for id in 6...7 as ClosedRange<UInt32> { #expect(open(&admission, id, other, "roost") == nil) }
    #expect(open(&admission, 8, other, "roost") == "too many clients from 10.0.0.3")
  }

  @Test("when every connection has a session, the next one is refused")
  func full() {
    var limits = limits
    limits.connections = 2
    var admission = ConnectionAdmission(limits)
    for id in 1...2 as ClosedRange<UInt32> {
      #expect(admission.accept(id, from: near) == .admitted(insteadOf: nil))
      #expect(admission.begin(id, applicationName: nil) == nil)
    }
    #expect(admission.accept(3, from: near) == .full)
    admission.closed(2)
    #expect(admission.accept(4, from: near) == .admitted(insteadOf: nil))
    #expect(admission.accept(5, from: near) == .admitted(insteadOf: 4))
  }

  @Test("where descriptors are scarce there are fewer sessions, never none")
  func scarce() {
    for sockets in [16, 64, 86, 448, 1024, 17_000] {
      let limits = PostgresServerConfiguration(maximumSockets: sockets).admissionLimits
      #expect(limits.sessions >= 1)
      #expect(limits.starting >= 4)
      #expect(limits.connections <= sockets)
      #expect(limits.sessionsPerSource <= limits.sessions)
    }
    let plenty = PostgresServerConfiguration(maximumSockets: 17_000).admissionLimits
    #expect(plenty.sessions == 500)
    #expect(plenty.connections == 500 + plenty.reserved + plenty.starting)
  }
}
