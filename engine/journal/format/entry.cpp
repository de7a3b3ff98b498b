// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/entry.hpp"

namespace keyferry::engine {

std::string_view name_of(JournalEvent event) noexcept {
    switch (event) {
        case JournalEvent::open:
            return "open";
        case JournalEvent::access:
            return "access";
        case JournalEvent::run:
            return "run";
        case JournalEvent::sent:
            return "sent";
        case JournalEvent::accepted:
            return "accepted";
        case JournalEvent::done:
            return "done";
        case JournalEvent::failed:
            return "failed";
        case JournalEvent::conflict:
            return "conflict";
        case JournalEvent::unknown:
            return "unknown";
        case JournalEvent::deferred:
            return "deferred";
        case JournalEvent::unusable:
            return "unusable";
        case JournalEvent::blocked:
            return "blocked";
        case JournalEvent::pending:
            return "pending";
        case JournalEvent::end:
            return "end";
        case JournalEvent::rewritten:
            return "rewritten";
        case JournalEvent::lost:
            return "lost";
        case JournalEvent::before:
            return "before";
    }
    return "(no event)";
}

}  // namespace keyferry::engine
