import RoostRelational
import RoostSQL

extension Session {
  var inputContext: InputContext { InputContext() }
}
