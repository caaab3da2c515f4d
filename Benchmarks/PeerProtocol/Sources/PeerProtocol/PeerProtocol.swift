import NIOCore
import NIOPosix
import RoostBase
import RoostTransport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a message between two nodes costs, by protocol: CPU of both processes and throughput, in a closed loop.
///
///     PeerProtocol answer PROTOCOL PORT MESSAGES
///     PeerProtocol ask    PROTOCOL PORT MESSAGES IN-FLIGHT SIZE
///
/// `answer` returns every message; `ask` keeps a number of them in flight. Each side prints one line when all messages
/// have been answered. PROTOCOL is one of
/// - `frames`: the peer network, a connection each way;
/// - `connection`: the same frames over one connection both ways;
/// - `grpc`: one bidirectional HTTP/2 stream;
/// - `grpc-checked`: the same with a CRC-32C in every message, which the frames have.
@main
struct PeerProtocol {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard
      arguments.count >= 4, let role = arguments.first,
      let port = Int(arguments[3]), let messages = Int(arguments[4])
    else { return usage() }
    let numbers = arguments.dropFirst(4).compactMap { Int($0) }
    let loop = NIOLoop(MultiThreadedEventLoopGroup(numberOfThreads: 1).next())
    let load: Load
    switch role {
    case "answer": load = Load(loop, messages: messages, asking: nil)
    case "ask" where numbers.count == 2:
      load = Load(loop, messages: messages, asking: (inFlight: numbers[0], size: numbers[1]))
    default: return usage()
    }
    switch arguments[2] {
    case "frames": try await PeerFrames.run(load, port: port)
    case "connection": try await OneConnection.run(load, port: port)
    case "grpc": try await GRPCStream.run(load, port: port, isChecked: false)
    case "grpc-checked": try await GRPCStream.run(load, port: port, isChecked: true)
    default: return usage()
    }
    print(role, arguments[2], await load.report())
  }

  static func usage() {
    print("usage: PeerProtocol answer|ask frames|connection|grpc|grpc-checked PORT MESSAGES [IN-FLIGHT SIZE]")
  }
}

/// The closed loop, and its account.
// @unchecked: touched on `loop` only.
final class Load: @unchecked Sendable {
  let loop: NIOLoop
  let isAsking: Bool
  private let messages: Int
  private let inFlight: Int
  private let payload: [UInt8]
  private var sent = 0
  private var received = 0
  private var startedAt: (cpu: Double, time: Double) = (0, 0)
  private var result: String?
  private var waiting: CheckedContinuation<String, Never>?

  init(_ loop: NIOLoop, messages: Int, asking: (inFlight: Int, size: Int)?) {
    self.loop = loop
    self.messages = messages
    isAsking = asking != nil
    inFlight = asking?.inFlight ?? 0
    payload = [UInt8](repeating: 7, count: asking?.size ?? 0)
  }

  /// The way to the other side is open.
  func start(_ send: ([UInt8]) -> Void) {
    guard isAsking, sent == 0 else { return }
    startedAt = (processCPU(), monotonic())
    for _ in 0..<min(inFlight, messages) {
      sent += 1
      send(payload)
    }
  }

  func arrived(_ message: [UInt8], _ send: ([UInt8]) -> Void) {
    if !isAsking, received == 0 { startedAt = (processCPU(), monotonic()) }
    received += 1
    if !isAsking {
      send(message)
    } else if sent < messages {
      sent += 1
      send(payload)
    }
    if received == messages { finish() }
  }

  private func finish() {
    let cpu = (processCPU() - startedAt.cpu) / Double(messages) * 1e6
    let rate = Double(messages) / (monotonic() - startedAt.time)
    let text = "cpu_us_per_message \(rounded(cpu)) messages_per_second \(Int(rate))"
    // The last answers are still to leave.
    loop.schedule(at: loop.now + .milliseconds(200)) {
      self.result = text
      self.waiting?.resume(returning: text)
      self.waiting = nil
    }
  }

  func report() async -> String {
    await withCheckedContinuation { continuation in
      loop.execute {
        if let result = self.result { continuation.resume(returning: result) } else { self.waiting = continuation }
      }
    }
  }

  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

/// User and system time of this process, in seconds.
private func processCPU() -> Double {
  var usage = rusage()
  // Zero is RUSAGE_SELF, whose type differs between C libraries.
  getrusage(0, &usage)
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

private func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

private func monotonic() -> Double { Double(NIODeadline.now().uptimeNanoseconds) / 1e9 }
