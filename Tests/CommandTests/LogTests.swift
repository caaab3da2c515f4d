import Foundation
import Logging
import RoostBase
import RoostCluster
import RoostPlatform
import RoostRaft
import RoostTransport
import Testing

@testable import RoostCommand

@Suite("Which records become lines")
struct LogGateTests {
  private func record(
    _ text: String, level: Logger.Level = .info, component: String = "cluster", origin: LogRecord.Origin = .node
  ) -> LogRecord {
    LogRecord(time: LogTime(milliseconds: 0), level: level, component: component, text: text, origin: origin)
  }

  private func due(_ gate: inout LogGate, at now: Int64) -> [LogRecord] {
    gate.due(at: now, time: LogTime(milliseconds: now))
  }

  @Test func equalRecordsAreFoldedAndCounted() {
    var gate = LogGate()
    #expect(gate.admit(record("a"), at: 0) != nil)
    for now in 1...37 { #expect(gate.admit(record("a"), at: Int64(now)) == nil) }
    #expect(gate.admit(record("b"), at: 40) != nil, "another text is another line")
    #expect(gate.admit(record("a", level: .warning), at: 41) != nil, "another level is another line")
    #expect(due(&gate, at: 1999).isEmpty)
    #expect(gate.nextDue == 2000)
    #expect(due(&gate, at: 2000).map(\.repetitions) == [37])
    // Who goes on stays folded, and who stops is forgotten.
    #expect(gate.admit(record("a"), at: 2001) == nil)
    #expect(due(&gate, at: 4000).map(\.repetitions) == [1])
    #expect(due(&gate, at: 6000).isEmpty)
    #expect(gate.nextDue == nil)
    #expect(gate.admit(record("a"), at: 6001) != nil)
  }

  @Test func strangersGetFewLinesHoweverManyTheyAreAndWhateverTheySay() {
    var gate = LogGate()
    var lines = 0
    // A minute with a thousand different lines a second.
    for now in stride(from: Int64(0), to: 60_000, by: 1) {
      let text = "declined a connection from 10.0.\(now / 256 % 256).\(now % 256)"
      if gate.admit(record(text, component: now % 2 == 0 ? "transport" : "sql", origin: .stranger), at: now) != nil {
        lines += 1
      }
      if let next = gate.nextDue, next <= now { lines += due(&gate, at: now).count }
    }
    #expect(lines < 60 * 4, "\(lines) lines in a minute")
    #expect(lines > 60, "strangers are not silenced altogether: \(lines)")
    let told = due(&gate, at: 80_000)
    #expect(told.contains { $0.text.contains("more lines about unknown or refused clients were left out") }, "\(told)")
    // Nobody else pays for it.
    #expect(gate.admit(record("partition 2 has no leader"), at: 59_999) != nil)
  }

  @Test func errorsAreNeverLeftOut() {
    var gate = LogGate()
    for number in 0..<1000 { #expect(gate.admit(record("error \(number)", level: .error), at: 0) != nil) }
  }

  @Test func aNodeThatSaysTooMuchIsLimitedAndToldSo() {
    var gate = LogGate()
    let admitted = (0..<1000).count { gate.admit(record("line \($0)"), at: 0) != nil }
    #expect(admitted == 200)
    #expect(due(&gate, at: 10_000).map(\.text) == ["800 more lines of this part of the node were left out"])
  }
}

@Suite("How a line of the log looks")
struct LogFormatTests {
  private let time = LogTime(milliseconds: 1_795_687_200_123)

  private func record(_ text: String, _ fields: [String: String] = [:], repetitions: Int = 0) -> LogRecord {
    LogRecord(
      time: time, level: .info, component: "cluster", text: text, fields: fields, repetitions: repetitions)
  }

  @Test func people() {
    #expect(
      LogFormat.text.line(record("partition 2 is led by node2 in term 4"), node: "node1")
        == "2026-11-26T10:00:00.123Z info  cluster node1: partition 2 is led by node2 in term 4")
    #expect(
      LogFormat.text.line(record("a", ["n": "1"], repetitions: 3), node: "x").hasSuffix("x: a n=1 (repeated 3 times)"))
  }

  @Test func nothingBeginsAnotherLineOrSteersATerminal() {
    let line = LogFormat.text.line(record("a\n2026 forged\r\u{1B}[2J\u{2028}"), node: "node1")
    #expect(line.hasSuffix(#"a\n2026 forged\r\u{1b}[2J\u{2028}"#))
    let forProgram = LogFormat.json.line(record("a\nb\u{2028}"), node: "node1")
    #expect(!forProgram.contains { $0.isNewline })
  }

  @Test func programs() throws {
    let line = LogFormat.json.line(
      record("a \"b\" \\ \n ü", ["term": "4", "level": "forged"], repetitions: 2), node: "node1")
    let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["time"] as? String == "2026-11-26T10:00:00.123Z")
    #expect(object["level"] as? String == "info")
    #expect(object["component"] as? String == "cluster")
    #expect(object["node"] as? String == "node1")
    #expect(object["message"] as? String == "a \"b\" \\ \n ü")
    #expect(object["term"] as? String == "4")
    #expect(object["repeated"] as? Int == 2)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
  ])
  func times(milliseconds: Int64, text: String) {
    #expect(LogTime(milliseconds: milliseconds).text == text)
  }
}

@Suite("A node's log")
struct NodeLogTests {
  // As `roost start` does: whoever reads a log may go away.
  init() { signal(SIGPIPE, SIG_IGN) }

  /// Both ends of a pipe, closed with it.
  private final class Pipe {
    let reader: Int32
    let writer: Int32

    init() throws {
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      (reader, writer) = (ends[0], ends[1])
    }

    deinit {
      close(reader)
      close(writer)
    }

    /// Reads until a line holds the text, or nothing comes any more.
    func read(until text: String) -> String {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while !String(decoding: bytes, as: UTF8.self).contains(text) {
        var polled = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, 30_000) > 0 else { break }
        let count = Foundation.read(reader, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer[..<count]
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// Different lines, as many as an unread pipe and the queue can't hold, at a level that has no budget.
  private func flood(_ log: NodeLog) -> Int {
    let count = 3 * LogQueue.maximumRecords
    for number in 0..<count { log.start.error("line \(number) \(String(repeating: "x", count: 100))") }
    return count
  }

  @Test func anUnreadPipeKeepsNobodyWaitingAndWhatIsDroppedIsTold() throws {
    let pipe = try Pipe()
    let log = NodeLog(node: "node1", level: .info, format: .text, descriptor: pipe.writer)
    // Returns although nobody reads.
    let count = flood(log)
    let text = pipe.read(until: "were dropped: whoever takes this log")
    let lines = text.split(separator: "\n")
    let last = try #require(lines.last)
    #expect(last.contains(" warning log node1: "), "\(last)")
    let words = last.split(separator: " ")
    let dropped = try #require(words.firstIndex(of: "lines").flatMap { Int(words[$0 - 1]) })
    #expect(dropped > 0)
    #expect(lines.count { $0.contains(" start node1: line ") } + dropped == count, "every line is written or counted")
    // And it goes on.
    log.start.info("awake again")
    #expect(pipe.read(until: "awake again").contains("awake again"))
    log.close()
  }

  @Test func anEndWaitsForAReaderOnlySoLong() throws {
    let pipe = try Pipe()
    let log = NodeLog(node: "node1", level: .info, format: .text, descriptor: pipe.writer)
    _ = flood(log)
    log.close()
    // Its thread is still in the middle of writing: the number must not become another file's before it is done.
    _ = pipe.read(until: "line \(3 * LogQueue.maximumRecords)")
  }

  @Test func aClosedPipeEndsNothing() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    let log = NodeLog(node: "node1", level: .info, format: .text, descriptor: ends[1])
    for number in 0..<100 { log.start.info("line \(number)") }
    log.close()
    close(ends[1])
  }

  @Test func aNonBlockingPipeLosesNothing() throws {
    let pipe = try Pipe()
    _ = fcntl(pipe.writer, F_SETFL, O_NONBLOCK)
    let log = NodeLog(node: "node1", level: .info, format: .text, descriptor: pipe.writer)
    let text = String(repeating: "y", count: 1000)
    for number in 0..<200 { log.start.error("\(number) \(text)") }
    log.start.error("the last")
    #expect(pipe.read(until: "the last").split(separator: "\n").count == 201)
    log.close()
  }

  @Test func levelsAreKept() throws {
    for (level, expected) in [(Logger.Level.debug, ["debug", "info", "error"]), (.error, ["error"])] {
      let pipe = try Pipe()
      let log = NodeLog(node: "node1", level: level, format: .json, descriptor: pipe.writer)
      log.start.trace("a trace")
      log.start.debug("a debug line")
      log.start.info("an info line")
      log.start.error("the end")
      let lines = pipe.read(until: "the end").split(separator: "\n")
      let levels = try lines.map {
        (try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["level"] as? String
      }
      #expect(levels == expected)
      log.close()
    }
  }

  @Test func eventsHaveALevelAComponentAndNames() {
    let end = NodeEvent.transport(.broken(NodeID(2), .consensus, .replaced), "node2", advice: "")
    #expect(end.entry.level == .debug)
    #expect("\(end)".contains("node2") && !"\(end)".contains("node 2"))
    #expect(NodeEvent.connection("node3", isConnected: false).entry.level == .warning)
    #expect(NodeEvent.leader(GroupID(2), "node2", Term(4)).entry.component == "cluster")
    let one = NodeEvent.transport(.declined(remote: "10.0.0.1:1111", .notRoost), nil, advice: "")
    let other = NodeEvent.transport(.declined(remote: "10.0.0.1:2222", .notRoost), nil, advice: "")
    #expect(one.entry.origin == .stranger)
    #expect("\(one)" == "\(other)", "equal lines can be folded")
  }
}
