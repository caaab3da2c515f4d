import Foundation

/// Writes what comes through a queue to a descriptor: the one thread of a node that waits for whoever takes its log.
struct LogWriter {
  let queue: LogQueue
  let descriptor: Int32
  let format: LogFormat
  let node: String

  func start() {
    let thread = Thread { [self] in
      while let batch = queue.next() {
        var bytes: [UInt8] = []
        for record in batch.records {
          bytes.append(contentsOf: format.line(record, node: node).utf8)
          bytes.append(UInt8(ascii: "\n"))
        }
        let written = write(bytes)
        if written < bytes.count { queue.lost(bytes[written...].count { $0 == UInt8(ascii: "\n") }) }
      }
    }
    thread.name = "log"
    thread.start()
  }

  /// Returns how many bytes were taken: all of them, unless nobody reads any more or the disk refuses.
  private func write(_ bytes: [UInt8]) -> Int {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        written += count
      } else if errno == EAGAIN || errno == EWOULDBLOCK {
        // Somebody else who holds the same pipe made it non-blocking.
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&polled, 1, -1)
      } else if errno != EINTR {
        return written
      }
    }
    return written
  }
}
