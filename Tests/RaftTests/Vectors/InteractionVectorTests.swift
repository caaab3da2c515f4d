import Foundation
import Testing

/// Whole conversations between members, published and our own.
@Suite struct InteractionVectorTests {
  @Test(
    .enabled(
      if: !VectorFolder.scripts("interaction").isEmpty,
      "needs the folder raft/interaction of others' vectors (ROOST_VECTORS)"),
    arguments: VectorFolder.scripts("interaction"))
  func conversesAsPublished(file: URL) throws {
    let script = try DataDrivenScript(file: file)
    #expect(!script.directives.isEmpty)
    var interaction = InteractionScript()
    try interaction.play(script)
  }

  @Test(arguments: VectorFolder.scripts(in: VectorFolder.ownScripts))
  func conversesAsWritten(file: URL) throws {
    var interaction = InteractionScript()
    try interaction.play(try DataDrivenScript(file: file))
  }

  @Test func payloadsArePrintedAsScriptsQuoteThem() {
    #expect(ScriptFormat.quoted(Array("plain ü".utf8)) == "\"plain ü\"")
    #expect(ScriptFormat.quoted(Array("\"a\\b\"\n".utf8) + [1, 127]) == #""\"a\\b\"\n\x01\x7f""#)
  }

  @Test func ownScriptsAreThere() {
    #expect(VectorFolder.scripts(in: VectorFolder.ownScripts).count >= 3)
  }
}
