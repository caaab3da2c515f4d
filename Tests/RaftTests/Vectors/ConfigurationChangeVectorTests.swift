import Foundation
import RoostBase
import Testing

@testable import RoostRaft

/// The published tables of configuration changes.
@Suite struct ConfigurationChangeVectorTests {
  @Test(
    .enabled(
      if: !VectorFolder.scripts("confchange").isEmpty,
      "needs the folder raft/confchange of others' vectors (ROOST_VECTORS)"),
    arguments: VectorFolder.scripts("confchange"))
  func answersAsPublished(file: URL) throws {
    let script = try DataDrivenScript(file: file)
    #expect(!script.directives.isEmpty)
    var tracker = ProgressTracker(maxInflightMessages: 10, maxInflightBytes: .max)
    for (number, directive) in script.directives.enumerated() {
      let changer = ConfigurationChanger(tracker, lastIndex: LogIndex(UInt64(number)))
      let steps = try directive.input.flatMap { try ScriptFormat.steps($0) }
      var answer: [String]
      do throws(ConfigurationChangeError) {
        let result =
          switch directive.command {
          case "simple": try changer.simple(steps)
          case "enter-joint": try changer.enterJoint(autoLeave: directive.flag("autoleave"), steps)
          default: try changer.leaveJoint()
          }
        tracker.replace(result.configuration, members: result.members)
        answer = [ScriptFormat.configuration(result.configuration)]
        answer += result.members.map(ScriptFormat.progress)
      } catch {
        answer = [ScriptFormat.refusal(error)]
      }
      try #require(answer == directive.expected, "\(script.name):\(directive.line)")
    }
  }
}
