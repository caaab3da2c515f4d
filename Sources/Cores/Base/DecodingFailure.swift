/// Bytes that are not what they should be.
///
/// A module whose callers know another error maps it where the bytes come in.
public struct DecodingFailure: Error, CustomStringConvertible {
  /// What is wrong with them, for a log or an operator.
  public var description: String

  public init(_ description: String) { self.description = description }

  /// The bytes end before what is to be read.
  public static var truncated: DecodingFailure { DecodingFailure("truncated") }
}
