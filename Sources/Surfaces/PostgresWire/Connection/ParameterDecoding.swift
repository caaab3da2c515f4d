import NIOCore
import RoostRelational
import RoostSQL

/// Turns the parameters of a Bind message into values of the types the statement asks for.
extension BindMessage {
  func decodedParameters(of prepared: PreparedStatement) throws(SQLError) -> [Datum] {
    let types = prepared.parameterTypes
    guard parameters.count == types.count else {
      throw SQLError(
        "08P01",
        "bind message supplies \(parameters.count) parameters, but prepared statement \"\(statement)\" requires "
          + "\(types.count)")
    }
    guard parameterFormats.count <= 1 || parameterFormats.count == parameters.count else {
      throw SQLError(
        "08P01",
        "bind message has \(parameterFormats.count) parameter formats but \(parameters.count) parameters")
    }
    if parameters.isEmpty { return [] }
    var values: [Datum] = []
    values.reserveCapacity(parameters.count)
    for index in parameters.indices {
      guard let bytes = parameters[index] else {
        values.append(.null)
        continue
      }
      let format =
        switch parameterFormats.count {
        case 0: WireFormat.text
        case 1: parameterFormats[0]
        default: parameterFormats[index]
        }
      values.append(try bytes.datum(of: types[index], format: format))
    }
    return values
  }
}
