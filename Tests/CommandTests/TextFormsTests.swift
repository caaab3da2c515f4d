import Testing

@testable import RoostCommand

@Suite("Durations, sizes and tables as people write and read them")
struct TextFormsTests {
  @Test(arguments: [
    ("150ms", Duration.milliseconds(150)), ("10s", .seconds(10)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
    ("7us", .microseconds(7)), ("0s", .zero),
  ])
  func durationsRoundTrip(text: String, duration: Duration) {
    #expect(DurationText.parse(text) == duration)
    #expect(DurationText.parse(DurationText.format(duration)) == duration)
  }

  @Test(arguments: ["", "150", "ms", "-1s", "1.5s", "1 s", "1sec", "99999999999999999999s", "9999999999h", "١s"])
  func otherTextsAreNoDurations(text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test func durationsAreShownInTheLargestWholeUnit() {
    #expect(DurationText.format(.seconds(7200)) == "2h")
    #expect(DurationText.format(.milliseconds(1500)) == "1500ms")
    #expect(DurationText.format(.zero) == "0s" || DurationText.format(.zero) == "0h")
  }

  @Test func sizesCountIn1024() {
    #expect(ByteCountText.parse("512") == 512)
    #expect(ByteCountText.parse("512B") == 512)
    #expect(ByteCountText.parse("64KB") == 65_536)
    #expect(ByteCountText.parse("16MB") == 16_777_216)
    #expect(ByteCountText.parse("1GB") == 1_073_741_824)
    for text in ["", "MB", "1mb", "-1", "1.5MB", "9999999999999GB"] { #expect(ByteCountText.parse(text) == nil) }
  }

  @Test func tablesAreAsWideAsTheirCells() {
    var table = TextTable([("node", .left), ("port", .right)])
    table.append(["a", "5432"])
    table.append(["longer", "1"])
    #expect(table.lines == ["node    port", "a       5432", "longer     1"])
    table.isRuled = true
    #expect(table.lines[1] == "------  ----")
  }
}
