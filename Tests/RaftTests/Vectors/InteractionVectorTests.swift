import Foundation
import Testing

/// Whole conversations between members, published and our own.
@Suite struct InteractionVectorTests {
  @Test(.enabled(if: !VectorFolder.scripts("interaction").isEmpty), arguments: VectorFolder.scripts("interaction"))
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

  @Test func ownScriptsAreThere() {
    #expect(VectorFolder.scripts(in: VectorFolder.ownScripts).count >= 3)
  }
}
