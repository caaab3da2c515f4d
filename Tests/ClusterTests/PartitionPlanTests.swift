import RoostBase
import RoostPlatform
import RoostStore
import Testing

@testable import RoostCluster

@Suite("The partitions a cluster is founded with")
struct PartitionPlanTests {
  private func plan(_ count: Int) -> PartitionPlan { PartitionPlan(count: count, founders: [1, 2, 3]) }

  @Test(arguments: [1, 2, 3, 64, 1000, 10_000, 20_000])
  func theyHoldEveryKeyOfTheirTenantOnce(count: Int) {
    let plan = plan(count)
    let ranges = (0..<count).map { plan.record($0).descriptor.range }
    #expect(ranges.first?.lower == GroupDescriptor.data.range.upper, "nothing lies between the data and the first")
    #expect(ranges.last?.upper == Key([3]))
    for (earlier, later) in zip(ranges, ranges.dropFirst()) { #expect(earlier.upper == later.lower) }
    #expect(ranges.allSatisfy { !$0.isEmpty })
    // Every slot's keys lie where the division says.
    for slot in [0, 1, 255, 256, 32_767, 32_768, 65_535] {
      let key = Key([2, UInt8(slot >> 8), UInt8(slot & 0xFF), 7])
      let holders = ranges.indices.filter { ranges[$0].contains(key) }
      #expect(holders.count == 1)
      if let index = holders.first {
        #expect(65_536 * index / count <= slot && slot < 65_536 * (index + 1) / count)
      }
    }
  }

  @Test func groupsFollowTheDataGroup() {
    #expect(plan(5).record(0).descriptor.id == GroupID(3))
    #expect(plan(5).record(4).descriptor.id == GroupID(7))
  }

  @Test func recordsRoundTrip() throws {
    for index in [0, 1, 63] {
      let record = plan(64).record(index)
      let key = PartitionRecord.key(of: record.descriptor.id)
      #expect(PartitionRecord.group(of: key) == record.descriptor.id)
      #expect(PartitionRecord.decode(record.encoded(), of: record.descriptor.id) == record)
    }
    #expect(PartitionPlan.decode(plan(64).encoded()) == plan(64))
  }

  @Test func damagedRecordsAreRefused() {
    let record = plan(64).record(7)
    let bytes = record.encoded()
    for length in 0..<bytes.count - 3 {
      #expect(PartitionRecord.decode(Array(bytes.prefix(length)), of: record.descriptor.id) == nil)
    }
    #expect(PartitionRecord.decode([2] + bytes.dropFirst(), of: record.descriptor.id) == nil, "another version")
    #expect(PartitionRecord.decode(bytes, of: GroupDescriptor.data.id) == nil, "never the data's own group")
    #expect(PartitionRecord.group(of: Key([0, UInt8(ascii: "n"), 0, 0, 0, 0, 0, 0, 0, 1])) == nil)
    #expect(PartitionPlan.decode(Array(#"{"count": 20001, "founders": [1]}"#.utf8)) == nil)
  }
}
