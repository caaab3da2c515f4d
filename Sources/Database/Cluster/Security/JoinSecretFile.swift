import Foundation
public import RoostTransport

/// Where a join secret is kept: a small file that only its owner may read.
public enum JoinSecretFile {
  /// Its name in a data directory.
  public static let name = "join-secret"
  private static let longest = 4096

  /// Reads a secret.
  ///
  /// - Throws: ``JoinSecretFileError/missing(_:)`` if there is no such file; other cases if it can't be trusted, or is not
  ///   what it should be.
  public static func load(_ path: String) throws(JoinSecretFileError) -> JoinSecret {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT ? .missing(path) : .unreadable(path, reason: reason(errno))
    }
    defer { close(descriptor) }
    // Of the file that is open, not of what may stand under its name a moment later.
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { throw .unreadable(path, reason: reason(errno)) }
    guard facts.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path, reason: "it is no regular file") }
    guard facts.st_uid == geteuid() || facts.st_uid == 0 else { throw .foreign(path) }
    guard facts.st_mode & 0o077 == 0 else { throw .open(path, mode: Int(facts.st_mode & 0o777)) }
    var bytes = [UInt8](repeating: 0, count: longest)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw .unreadable(path, reason: reason(errno)) }
    do { return try JoinSecret(text: String(decoding: bytes[..<count], as: UTF8.self)) } catch {
      throw .content(path, error)
    }
  }

  /// Writes a secret, durably and for its owner only; a file that is there already stays and is read instead, so that
  /// two that write at once end up with the same.
  ///
  /// - Returns: the secret that is in the file now.
  public static func keep(_ secret: JoinSecret, at path: String) throws(JoinSecretFileError) -> JoinSecret {
    let temporary = "\(path).\(getpid())"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotWrite(path, reason: reason(errno)) }
    defer { unlink(temporary) }
    let bytes = Array((secret.text + "\n").utf8)
    let isWritten = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    let failure = errno
    close(descriptor)
    guard isWritten else { throw .cannotWrite(path, reason: reason(failure)) }
    guard link(temporary, path) == 0 else {
      guard errno == EEXIST else { throw .cannotWrite(path, reason: reason(errno)) }
      return try load(path)
    }
    let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
    return secret
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Why a file with a join secret can't be used; each says what to do about it.
public enum JoinSecretFileError: Error, Hashable, Sendable, CustomStringConvertible {
  case missing(String)
  case unreadable(String, reason: String)
  /// Others may read or write it.
  case open(String, mode: Int)
  /// It belongs to another user of the system.
  case foreign(String)
  case content(String, JoinSecretError)
  case cannotWrite(String, reason: String)

  public var description: String {
    switch self {
    case .missing(let path): "there is no join secret at \(path)"
    case .unreadable(let path, let reason): "the join secret \(path) can't be read: \(reason)"
    case .open(let path, let mode):
      "the join secret \(path) is open to other users (mode \(String(mode, radix: 8))) and may be known to them: "
        + "run `chmod 600 \(path)`, or have a new one made"
    case .foreign(let path): "the join secret \(path) belongs to another user; make a copy of your own"
    case .content(let path, let error): "\(path): \(error)"
    case .cannotWrite(let path, let reason): "the join secret \(path) can't be written: \(reason)"
    }
  }
}
