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
}
