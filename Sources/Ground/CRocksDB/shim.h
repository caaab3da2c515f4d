// The state engine's C API (Debian: librocksdb-dev), as a module for Swift.
#ifndef ROOST_CROCKSDB_SHIM_H
#define ROOST_CROCKSDB_SHIM_H
#include <rocksdb/c.h>
#endif
