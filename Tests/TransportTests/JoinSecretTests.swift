import Testing

@testable import RoostTransport

@Suite("Join secrets") struct JoinSecretTests {
  @Test func readsBackItsText() throws {
    for _ in 0..<50 {
      let secret = JoinSecret()
      #expect(secret.text.hasPrefix("roost-secret-"))
      #expect(secret.text.count == 13 + 48)
      #expect(try JoinSecret(text: " \(secret.text)\n") == secret)
    }
    #expect(JoinSecret() != JoinSecret())
  }

  @Test func noticesEveryMistypedOrMissingCharacter() {
    let text = Array(JoinSecret().text)
    for place in 13..<text.count {
      var mistyped = text
      mistyped[place] = mistyped[place] == "A" ? "B" : "A"
      #expect(throws: JoinSecretError.damaged) { try JoinSecret(text: String(mistyped)) }
      var cut = text
      cut.remove(at: place)
      #expect(throws: JoinSecretError.damaged) { try JoinSecret(text: String(cut)) }
    }
    #expect(throws: JoinSecretError.damaged) { try JoinSecret(text: String(text) + "A") }
    for other in ["", "secret", "roost-secre", String(text.dropFirst())] {
      #expect(throws: JoinSecretError.notASecret) { try JoinSecret(text: other) }
    }
  }

  @Test func doesNotShow() throws {
    let secret = JoinSecret()
    let shown = ["\(secret)", String(reflecting: secret), String(describing: PeerAuthentication.secret(secret))]
    var dumped = ""
    dump(PeerAuthentication.secret(secret), to: &dumped)
    for text in shown + [dumped] { #expect(!text.contains(secret.text.dropFirst(13).prefix(8))) }
  }
}
