/// Changes that take effect together, in order.
public struct EngineBatch: Sendable {
  public enum Operation: Sendable {
    case put(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])
    /// Deletes `lower` (included) to `upper` (excluded); nothing if they are not in order.
    case deleteRange(lower: [UInt8], upper: [UInt8])
  }

  public var operations: [Operation] = []

  public init() {}

  @inlinable public var isEmpty: Bool { operations.isEmpty }

  @inlinable
  public mutating func put(_ key: [UInt8], _ value: [UInt8]) { operations.append(.put(key: key, value: value)) }

  @inlinable
  public mutating func delete(_ key: [UInt8]) { operations.append(.delete(key: key)) }

  @inlinable
  public mutating func deleteRange(_ lower: [UInt8], _ upper: [UInt8]) {
    operations.append(.deleteRange(lower: lower, upper: upper))
  }
}
