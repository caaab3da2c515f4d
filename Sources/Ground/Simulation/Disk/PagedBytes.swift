/// The bytes of a file in pages, so that zeros cost nothing and a change copies little.
struct PagedBytes {
  static let pageSize = 4096

  private(set) var size = 0
  /// An empty page stands for zeros. Always enough pages for `size`; bytes past `size` are zero.
  private var pages: [[UInt8]] = []

  func read(at offset: Int, count: Int) -> [UInt8] {
    let end = Swift.min(size, offset + count)
    guard offset < end else { return [] }
    var result: [UInt8] = []
    result.reserveCapacity(end - offset)
    var position = offset
    while position < end {
      let page = position / PagedBytes.pageSize
      let start = position % PagedBytes.pageSize
      let length = Swift.min(PagedBytes.pageSize - start, end - position)
      if pages[page].isEmpty {
        result.append(contentsOf: repeatElement(0, count: length))
      } else {
        result.append(contentsOf: pages[page][start..<start + length])
      }
      position += length
    }
    return result
  }

  mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
    if bytes.isEmpty { return }
    if offset + bytes.count > size { resize(to: offset + bytes.count) }
    bytes.withUnsafeBytes { source in
      var done = 0
      while done < source.count {
        let position = offset + done
        let page = position / PagedBytes.pageSize
        let start = position % PagedBytes.pageSize
        let length = Swift.min(PagedBytes.pageSize - start, source.count - done)
        if pages[page].isEmpty { pages[page] = [UInt8](repeating: 0, count: PagedBytes.pageSize) }
        pages[page].withUnsafeMutableBytes { target in
          target.baseAddress!.advanced(by: start).copyMemory(
            from: source.baseAddress!.advanced(by: done), byteCount: length)
        }
        done += length
      }
    }
  }

  mutating func resize(to newSize: Int) {
    let pageCount = (newSize + PagedBytes.pageSize - 1) / PagedBytes.pageSize
    if pageCount < pages.count {
      pages.removeLast(pages.count - pageCount)
    } else if pageCount > pages.count {
      pages.append(contentsOf: repeatElement([], count: pageCount - pages.count))
    }
    let rest = newSize % PagedBytes.pageSize
    if newSize < size, rest != 0, !pages[pageCount - 1].isEmpty {
      for index in rest..<PagedBytes.pageSize { pages[pageCount - 1][index] = 0 }
    }
    size = newSize
  }
}
