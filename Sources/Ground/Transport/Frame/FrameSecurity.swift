import Crypto
import Foundation

/// What protects the frames of one connection between nodes: keys for each direction, drawn anew in every greeting.
struct FrameSecurity {
  var sending: FrameAuthenticator
  var receiving: FrameAuthenticator
}

/// Makes the codes of one direction's frames, in order: 16 bytes over the frame's number, its word and its payload.
///
/// The number is not sent. TCP keeps the order, so the frame that comes next is the only one that may: the window for
/// replays has the width of one. A frame that was altered, repeated, left out, moved or sent back does not match.
///
/// Short payloads are authenticated with HMAC-SHA256, cut to 16 bytes (RFC 2104, section 5), which costs less to begin;
/// long ones with AES-GMAC (NIST SP 800-38D: GCM with nothing to encrypt), which costs a tenth as much for each byte. Each
/// has a key of its own, and the number makes sure that no nonce is used twice.
struct FrameAuthenticator {
  static let codeSize = 16
  /// From so many bytes on a payload is long. Measured on x86-64 with SHA and AES instructions: 0.4 against 1.5 µs for 200
  /// bytes, 3.1 against 1.6 µs for 4 KiB, 45 against 4 µs for 64 KiB.
  static let longPayload = 1536

  /// The code as two words, which are compared at once: how long that takes says nothing about what differs.
  typealias Code = (UInt64, UInt64)

  /// HMAC's two hashes, which have taken in the key already. The library's own HMAC gives the same in twice the time: it
  /// is generic over the hash, and most frames are shorter than a hundred bytes.
  private let inner: SHA256
  private let outer: SHA256
  private let long: SymmetricKey
  private var number: UInt64 = 0

  /// - Parameters:
  ///   - short: 32 bytes, like `long`.
  init(short: SymmetricKey, long: SymmetricKey) {
    inner = Self.hash(short, padding: 0x36)
    outer = Self.hash(short, padding: 0x5C)
    self.long = long
  }

  private static func hash(_ key: SymmetricKey, padding: UInt8) -> SHA256 {
    var block = [UInt8](repeating: padding, count: SHA256.blockByteCount)
    key.withUnsafeBytes { for (place, byte) in $0.enumerated() { block[place] ^= byte } }
    var hash = SHA256()
    block.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return hash
  }

  /// The code of the next frame.
  mutating func next(word: UInt32, payload: UnsafeRawBufferPointer) -> Code {
    let place = (number.littleEndian, word.littleEndian)
    number += 1
    return withUnsafeBytes(of: place) { bytes in
      // Without what pads the pair to a multiple of its alignment.
      let place = UnsafeRawBufferPointer(start: bytes.baseAddress, count: 12)
      return payload.count < Self.longPayload ? shortCode(place, payload) : longCode(place, payload)
    }
  }

  private func shortCode(_ place: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) -> Code {
    var (inner, outer) = (inner, outer)
    inner.update(bufferPointer: place)
    if payload.count > 0 { inner.update(bufferPointer: payload) }
    inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
    return outer.finalize().withUnsafeBytes(Self.code)
  }

  private func longCode(_ place: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) -> Code {
    guard let nonce = try? AES.GCM.Nonce(data: place),
      let sealed = try? AES.GCM.seal([UInt8](), using: long, nonce: nonce, authenticating: payload)
    else {
      // house: GCM takes every nonce of 12 and every key of 32 bytes
      preconditionFailure("a key or a nonce of another size")
    }
    return sealed.tag.withUnsafeBytes(Self.code)
  }

  private static func code(_ bytes: UnsafeRawBufferPointer) -> Code {
    (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }
}
