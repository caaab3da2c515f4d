import Foundation

/// Turns the signals that ask a process to end into bytes on a pipe, which a loop can wait for beside other things.
///
/// The handler does nothing but write the signal's number, which is allowed to it wherever it interrupts the process.
/// (Blocking the signals and taking them with `sigwait` is no way here: once `main` waits, the runtime unblocks every
/// signal on the main thread.)
///
/// SIGHUP is among them, which asks for nothing: nodes outlive the terminal they were started from.
struct SignalWatch: Sendable {
  static let signals: [Int32] = [SIGTERM, SIGINT, SIGQUIT, SIGHUP]
  /// What would end the process without a word, and asks for nothing that it has.
  static let ignored: [Int32] = [SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM]

  /// Becomes readable at every signal: one byte each, the signal's number.
  let descriptor: Int32

  /// Starts to take the signals, for the rest of the process's life; to be called once.
  static func start() throws(CommandFailure) -> SignalWatch {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CommandFailure("cannot make a pipe: \(SystemError.text(errno))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // A full pipe means that nobody has listened to thousands of signals; the handler must not wait for them.
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    writingEnd = ends[1]
    for number in signals {
      signal(number) { number in
        let interrupted = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writingEnd, &byte, 1)
        errno = interrupted
      }
    }
    admit()
    // A peer that is gone is an error of the write, not the end of the process.
    for number in ignored { signal(number, SIG_IGN) }
    return SignalWatch(descriptor: ends[0])
  }

  /// Lets the signals through to the calling thread, whatever mask the process was started with: some parents block
  /// them and leave that to their children. One thread that stays must do so, or nobody would hear them.
  static func admit() {
    var set = sigset_t()
    sigemptyset(&set)
    for number in signals { sigaddset(&set, number) }
    _ = pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// Takes the next signal, without waiting.
  func next() -> Int32? {
    guard !Readiness.wait(for: [descriptor], timeout: .zero).isEmpty else { return nil }
    var byte: UInt8 = 0
    return read(descriptor, &byte, 1) == 1 ? Int32(byte) : nil
  }
}

/// Where the handler writes. Written once, by `SignalWatch.start`, before there is a handler to read it.
private nonisolated(unsafe) var writingEnd: Int32 = -1
