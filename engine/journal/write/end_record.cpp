// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/write/end_record.hpp"

#include <string>

namespace keyferry::engine {

std::error_code append_end_record(io::AppendFile& file,
                                  const JournalTail& tail,
                                  io::WallTime now,
                                  const RunEndEntry& end) {
    std::string record;
    JournalEncoder(tail).append(record, now, end);
    const std::error_code error = file.append(record);
    return error ? error : file.sync();
}

}  // namespace keyferry::engine
