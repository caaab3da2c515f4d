/// A value that is mostly not there, kept apart: what carries it is moved and copied often, and pays for a pointer only.
@propertyWrapper
public struct Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
  @usableFromInline
  final class Box: Sendable {
    @usableFromInline let value: Value

    @inlinable init(_ value: Value) { self.value = value }
  }

  @usableFromInline var box: Box?

  @inlinable
  public init(wrappedValue: Value?) { box = wrappedValue.map { Box($0) } }

  @inlinable public var wrappedValue: Value? {
    get { box?.value }
    set { box = newValue.map { Box($0) } }
  }

  public static func == (left: Boxed, right: Boxed) -> Bool { left.wrappedValue == right.wrappedValue }

  public func hash(into hasher: inout Hasher) { hasher.combine(wrappedValue) }
}
