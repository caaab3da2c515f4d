import Foundation
import Testing

/// The chapter that shows the core used alone says what works.
@Suite struct ReplicatedCounterTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let chapter = (0..<3).reduce(folder) { path, _ in path.deletingLastPathComponent() }
    .appendingPathComponent("docs/raft.md")

  @Test func membersCountTogether() throws {
    #expect(try countTogether() == [42, 142, 143, 143, 143, 143])
  }

  /// The code in `docs/raft.md` is the code that is compiled here.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: chapter.path), "needs docs/ beside the sources"))
  func chapterShowsTheCodeThatRuns() throws {
    let file = Self.folder.appendingPathComponent("ReplicatedCounter.swift")
    let compiled = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    let text = try String(contentsOf: Self.chapter, encoding: .utf8)
    let boxes = text.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    #expect(boxes.count == 4)
    let shown = boxes.joined(separator: "\n").components(separatedBy: "\n")
    let same = zip(shown, compiled).prefix { $0 == $1 }.count
    #expect(same == shown.count && same == compiled.count, "they differ in line \(same + 1)")
  }
}
