import NIOCore
import RoostRelational
import Testing

@testable import RoostPostgresWire

@Suite("Frontend decoder")
struct FrontendDecoderTests {
  /// A decoder past its start-up.
  private func decoder(_ limits: FrontendDecoder.Limits = .init()) -> FrontendDecoder {
    var decoder = FrontendDecoder(limits: limits)
    decoder.sessionBegins()
    return decoder
  }

  private func message(_ decoder: inout FrontendDecoder) throws -> FrontendMessage? {
    guard case .message(let message, _)? = try decoder.next() else { return nil }
    return message
  }

  private func frame(_ type: Unicode.Scalar, length: UInt32, _ body: [UInt8] = []) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeInteger(UInt8(type.value))
    buffer.writeInteger(length)
    buffer.writeBytes(body)
    return buffer
  }

  @Test("a message that comes byte by byte is one message")
  func byteByByte() throws {
    var decoder = decoder()
    var bytes = ByteBuffer([.parse("s1", "SELECT $1", types: [23, 0]), .sync])
    var messages: [FrontendMessage] = []
    while let byte = bytes.readSlice(length: 1) {
      decoder.append(byte)
      while let message = try message(&decoder) { messages.append(message) }
    }
    #expect(messages.count == 2)
    guard case .parse(let parse)? = messages.first, case .sync? = messages.last else {
      Issue.record("got \(messages)")
      return
    }
    #expect(parse.name == "s1")
    #expect(parse.query == "SELECT $1")
    #expect(parse.parameterTypes == [23, 0])
  }

  @Test("many messages in one read come out one by one, and nothing stays behind")
  func manyInOneRead() throws {
    var decoder = decoder()
    decoder.append(ByteBuffer((0..<100).map { .query("SELECT \($0)") }))
    for number in 0..<100 {
      guard case .query(let text)? = try message(&decoder) else {
        Issue.record("message \(number) is missing")
        return
      }
      #expect(text == "SELECT \(number)")
    }
    #expect(try message(&decoder) == nil)
    #expect(decoder.bufferedBytes == 0)
  }

  @Test("Bind keeps formats, NULLs and empty values apart")
  func bind() throws {
    var decoder = decoder()
    decoder.append(
      ByteBuffer([
        .bind(portal: "p", statement: "s", formats: [0, 1], [.null, .bytes([]), .text("x")], results: [1])
      ]))
    guard case .bind(let bind)? = try message(&decoder) else {
      Issue.record("no Bind")
      return
    }
    #expect(bind.portal == "p")
    #expect(bind.statement == "s")
    #expect(bind.parameterFormats == [.text, .binary])
    #expect(bind.parameters == [nil, ByteBuffer(), ByteBuffer(string: "x")])
    #expect(bind.resultFormats == [.binary])
  }

  @Test(
    "a frame that can't be right is a violation",
    arguments: [
      // length below its own size
      ("S", 3, [] as [UInt8]),
      // Sync with a body
      ("S", 5, [0]),
      // a query without its terminator
      ("Q", 5, [65]),
      // bytes behind the terminator
      ("Q", 7, [65, 0, 66]),
      // Describe of neither statement nor portal
      ("D", 6, [90, 0]),
      // Execute without its row limit
      ("E", 7, [0, 0, 0]),
      // a Bind that announces 65,535 parameters and has none
      ("B", 10, [0, 0, 0, 0, 255, 255]),
      // a Parse that announces 65,535 types and has none
      ("P", 8, [0, 0, 255, 255]),
      // a parameter longer than the message
      ("B", 16, [0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0]),
      // a parameter of negative length
      ("B", 16, [0, 0, 0, 0, 0, 1, 255, 255, 255, 254, 0, 0]),
    ] as [(Unicode.Scalar, UInt32, [UInt8])])
  func malformed(type: Unicode.Scalar, length: UInt32, body: [UInt8]) {
    var decoder = decoder()
    decoder.append(frame(type, length: length, body))
    #expect(throws: ProtocolViolation.self) { _ = try decoder.next() }
  }

  @Test("an unknown message type is a violation at its first byte")
  func unknownType() {
    var decoder = decoder()
    decoder.append(ByteBuffer(bytes: [0xFF]))
    #expect(throws: ProtocolViolation(message: "invalid frontend message type 255")) { _ = try decoder.next() }
  }

  @Test("text that isn't UTF-8 makes the message unusable, and the next one is read")
  func invalidUTF8() throws {
    var decoder = decoder()
    decoder.append(frame("Q", length: 8, [65, 0xC3, 0x28, 0]))
    decoder.append(ByteBuffer([.sync]))
    guard case .unusable(.query, let error)? = try message(&decoder) else {
      Issue.record("the query was taken")
      return
    }
    #expect(error.code == "22021")
    #expect(error.message == "invalid byte sequence for encoding \"UTF8\": 0xc3 0x28")
    guard case .sync? = try message(&decoder) else {
      Issue.record("the stream is out of step")
      return
    }
  }

  @Test("a body beyond the limit is dropped as it streams in, and the stream stays in step")
  func oversize() throws {
    var limits = FrontendDecoder.Limits()
    limits.message = 1000
    var decoder = decoder(limits)
    decoder.append(frame("Q", length: 100_004))
    for _ in 0..<100 {
      #expect(try message(&decoder) == nil)
      decoder.append(ByteBuffer(repeating: 65, count: 1000))
      #expect(decoder.bufferedBytes == 0)
    }
    decoder.append(ByteBuffer([.sync]))
    guard case .unusable(.query, let error)? = try message(&decoder) else {
      Issue.record("the query was taken")
      return
    }
    #expect(error.code == "54000")
    #expect(error.message.contains("1000 bytes"))
    guard case .sync? = try message(&decoder) else {
      Issue.record("the stream is out of step")
      return
    }
  }

  @Test("a message may be refused while it arrives, and is dropped; one that is here stays", arguments: 0...20)
  func refusedMessage(_ arrived: Int) throws {
    var decoder = decoder()
    let bytes = ByteBuffer([.query("SELECT 1234567"), .sync])
    decoder.append(bytes.getSlice(at: 0, length: arrived) ?? ByteBuffer())
    decoder.refuseMessage { SQLError("53200", "no memory for \($0)") }
    decoder.append(bytes.getSlice(at: arrived, length: bytes.readableBytes - arrived) ?? ByteBuffer())
    switch try message(&decoder) {
    // Before the header is here nobody knows what to refuse.
    case .query(let text)?: #expect((arrived < 5 || arrived == 20) && text == "SELECT 1234567")
    case .unusable(.query, let error)?: #expect((5..<20).contains(arrived) && error.message == "no memory for 15")
    default: Issue.record("neither taken nor refused")
    }
    guard case .sync? = try message(&decoder) else {
      Issue.record("the stream is out of step")
      return
    }
  }

  @Test("start-up packets are told apart and bounded")
  func startup() throws {
    var decoder = FrontendDecoder()
    decoder.append(
      ByteBuffer([.tlsRequest, .gssRequest, .cancel(processID: 7, secret: 9), .startup([("user", "u"), ("a", "b")])]))
    var packets: [StartupPacket] = []
    while case .startup(let packet)? = try decoder.next() { packets.append(packet) }
    #expect(
      packets == [
        .encryptionRequest(.tls), .encryptionRequest(.gss), .cancel(BackendKey(processID: 7, secret: 9)),
        .startup(
          major: 3, minor: 0, parameters: [.init(name: "user", value: "u"), .init(name: "a", value: "b")]),
      ])
    for garbage: [UInt8] in [
      Array("GET / HTTP/1.1\r\n\r\n".utf8), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC], [0, 0, 0, 7, 0, 3, 0],
      [0, 0, 0, 9, 0, 3, 0, 0, 1], [0, 0, 0, 9, 4, 210, 22, 47, 0], [255, 255, 255, 255],
    ] {
      var decoder = FrontendDecoder()
      decoder.append(ByteBuffer(bytes: garbage))
      #expect(throws: ProtocolViolation.self, "\(garbage)") { _ = try decoder.next() }
    }
  }

  @Test("no bytes whatever crash the decoder or make it hold more than was sent")
  func noise() {
    var random = SplitMix(state: 20_261_121)
    for _ in 0..<2_000 {
      var decoder = FrontendDecoder()
      if random.next() % 4 > 0 { decoder.sessionBegins() }
      var sent = 0
      for _ in 0..<8 {
        let types = Array("PBDECHSQXFdcf".utf8)
        var chunk: [UInt8] = [types[Int(random.next() % UInt64(types.count))], 0, 0, 0, UInt8(random.next() % 40)]
        for _ in 0..<(random.next() % 48) { chunk.append(UInt8(truncatingIfNeeded: random.next() >> 7) & 0x8F) }
        sent += chunk.count
        decoder.append(ByteBuffer(bytes: chunk))
        do {
          while try decoder.next() != nil {}
          if random.next() % 4 == 0 { decoder.refuseMessage { _ in SQLError("53200", "no memory") } }
        } catch {
          break
        }
        #expect(decoder.bufferedBytes <= sent)
      }
    }
  }
}

/// A small generator, so that a failing run can be repeated.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
