import Testing

@testable import RoostStore

@Suite("The key-space registry") struct KeySpaceRegistryTests {
  private func declaration(_ prefix: [UInt8], _ owner: String = "x") -> KeySpaceDeclaration {
    KeySpaceDeclaration(owner: owner, prefix: prefix)
  }

  @Test func layersThatClaimTheSameKeysAreRefused() throws {
    let standard: [KeySpaceDeclaration] = [.cluster, .keyValue, .keyValuePartitions]
    for prefix in [[0x01], [0x01, 0x4B], [0x01, 0x4B, 0x07], [0x02, 0xFF], [0x00], []] as [[UInt8]] {
      #expect(throws: KeySpaceConflict.self, "\(prefix)") {
        try KeySpaceRegistry(standard + [declaration(prefix)])
      }
    }
    for prefix in [[0x01, 0x4A], [0x01, 0x4C], [0x03], [0xFF]] as [[UInt8]] {
      let registry = try KeySpaceRegistry(standard + [declaration(prefix, "new")])
      #expect(registry.owner(of: Key(prefix + [9])) == "new")
    }
    // Between the two there is one that overlaps with neither.
    #expect(throws: KeySpaceConflict.self) {
      try KeySpaceRegistry([declaration([5]), declaration([5, 1]), declaration([5, 0])])
    }
  }

  @Test func everyKeyHasOneOwnerOrNone() {
    let registry = KeySpaceRegistry.standard
    #expect(registry.owner(of: Key([0x00])) == "the cluster's records")
    #expect(registry.owner(of: Key([0x01, 0x4B])) == "key-value pairs")
    #expect(registry.owner(of: Key([0x02])) == "key-value partitions")
    for bytes in [[], [0x01], [0x01, 0x53, 0x00], [0x03]] as [[UInt8]] {
      #expect(registry.owner(of: Key(bytes)) == nil)
    }
  }

  @Test func aRangeIsCutWhereTheOwnerEnds() throws {
    let registry = KeySpaceRegistry.standard
    #expect(
      try registry.clamped(KeyRange(Key([0x01, 0x4B, 5]), Key([0xFF])))
        == KeyRange(Key([0x01, 0x4B, 5]), Key([0x01, 0x4C])))
    #expect(
      try registry.clamped(KeyRange(Key([0x02, 1]), Key([0x02, 9]))) == KeyRange(Key([0x02, 1]), Key([0x02, 9])))
    #expect(throws: StoreError.keyNotOpen(Key([0x01]), owner: nil)) {
      try registry.clamped(KeyRange(Key([0x01]), Key([0xFF])))
    }
  }

  @Test func aRefusalTravels() throws {
    for owner in ["SQL", nil] {
      let response = Response.failure(.keyNotOpen(Key([0x01, 0x53]), owner: owner))
      var bytes: [UInt8] = []
      response.encode(into: &bytes)
      #expect(try Response(decoding: bytes) == response)
    }
  }
}
