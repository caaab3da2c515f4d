import Foundation
import Logging
import Testing

@testable import RoostCommand

@Suite("How a node's process is asked to stop", .timeLimit(.minutes(3)))
struct StopRequestTests {
  /// A request whose signals are bytes on a pipe, and which tells of its end instead of ending the process.
  private final class Stage {
    let request: StopRequest
    let ended: AsyncStream<Void>
    private let signals: Pipe
    private let output: FileHandle

    init(limit: Duration) throws {
      let (signals, output) = (Pipe(), FileHandle(forWritingAtPath: "/dev/null") ?? .nullDevice)
      self.signals = signals
      self.output = output
      let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
      self.ended = ended
      request = try StopRequest(
        supervisor: nil, signals: SignalWatch(descriptor: signals.fileHandleForReading.fileDescriptor),
        log: NodeLog(node: "node1", level: .info, format: .text, descriptor: output.fileDescriptor), limit: limit
      ) {
        continuation.yield()
        continuation.finish()
      }
    }

    func signal(_ number: Int32) { signals.fileHandleForWriting.write(Data([UInt8(number)])) }

    func waitForEnd() async { for await _ in ended { return } }
  }

  @Test("a node that can't go on has no longer than one that is asked to stop")
  func inside() async throws {
    let stage = try Stage(limit: .milliseconds(1))
    stage.request.request("the disk failed")
    stage.request.request("and the network")
    #expect(await stage.request.wait() == "the disk failed")
    await stage.waitForEnd()
  }

  @Test("a signal begins the time as well")
  func signal() async throws {
    let stage = try Stage(limit: .milliseconds(1))
    stage.signal(SIGHUP)
    stage.signal(SIGTERM)
    #expect(await stage.request.wait() == "signal 15")
    await stage.waitForEnd()
  }

  @Test("a second signal ends the process at once")
  func impatience() async throws {
    for asksInside in [false, true] {
      let stage = try Stage(limit: .seconds(100_000))
      if asksInside { stage.request.request("the disk failed") } else { stage.signal(SIGINT) }
      _ = await stage.request.wait()
      stage.signal(SIGTERM)
      if asksInside { stage.signal(SIGTERM) }
      await stage.waitForEnd()
    }
  }
}
