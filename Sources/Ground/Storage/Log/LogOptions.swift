/// Sizes of the segment log. Simulation uses small ones.
public struct LogOptions: Sendable {
  /// Bytes of a segment file. A batch that needs more gets a segment of its own size.
  public var segmentBytes = 16 << 20
  /// Bytes of the very first segment: small, so that a new node starts fast.
  public var firstSegmentBytes = 2 << 20
  /// Bytes of the next segment that one step of preparation zero-fills.
  public var preparationBytes = 512 << 10
  /// Bytes that one read may bring in at once.
  public var readBytes = 1 << 20

  public init() {}

  /// The log of a disk of `capacity` bytes: no segment is more than a 64th of it.
  public init(diskCapacity capacity: Int) {
    segmentBytes = max(1 << 20, min(segmentBytes, capacity / 64)) & ~4095
    firstSegmentBytes = min(firstSegmentBytes, segmentBytes)
    preparationBytes = min(preparationBytes, segmentBytes)
  }

  /// A log of small segments, for tests and simulation.
  public init(segmentBytes: Int) {
    self.segmentBytes = segmentBytes
    firstSegmentBytes = segmentBytes
    preparationBytes = max(segmentBytes / 4, 1)
  }
}
